package dev.tailtap.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dialects are found by their name in the settings, or by the path of a request. */
class DialectTest {

  @Test
  void isFoundByItsNameInTheSettings() {
    List<String> names = Dialect.configNames();
    assertEquals(names.size(), Set.copyOf(names).size());
    for (Dialect dialect : Dialect.values()) {
      assertSame(dialect, Dialect.named(dialect.configName()));
    }
    assertNull(Dialect.named("auto"));
    assertNull(Dialect.named("OPENAI-CHAT"));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, OPENAI_CHAT",
    "/openai/deployments/example/chat/completions, OPENAI_CHAT",
    "/api/v1/chat/completions/, OPENAI_CHAT",
    "/v1/completions, OPENAI_COMPLETIONS",
    "/v1/responses, OPENAI_RESPONSES",
    "/v1/embeddings, OPENAI_EMBEDDINGS",
    "/v1/audio/transcriptions, OPENAI_AUDIO",
    "/v1/threads/thread_1/runs, OPENAI_ASSISTANTS",
    "/v1/messages, ANTHROPIC",
    "/v1/complete, ANTHROPIC",
    "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict, ANTHROPIC",
    "/v1beta/models/m:streamGenerateContent, GEMINI",
    "/v1/projects/p/locations/l/publishers/google/models/m:generateContent, GEMINI",
    "/v1beta/interactions, GEMINI_INTERACTIONS",
    "/v2/chat, COHERE",
    "/api/chat, OLLAMA",
    "/api/generate, OLLAMA",
    "/api/v1/chat, LM_STUDIO",
    "/model/m/converse-stream, BEDROCK",
    "/model/m/invoke-with-response-stream, BEDROCK",
    "/ml/v1/text/generation_stream, WATSONX",
    "/ml/v1/text/chat, UNKNOWN",
    "/api/v1/services/aigc/text-generation/generation, DASHSCOPE",
    "/client/v4/accounts/a/ai/run/@cf/m, CLOUDFLARE",
    "/v1/messages/count_tokens, UNKNOWN",
    "/, UNKNOWN"
  })
  void isFoundByThePathOfTheRequest(String path, Dialect dialect) {
    assertSame(dialect, DialectPaths.dialect(path));
  }

  @Test
  void mayBeAskedForUsageOnlyWhereTheOptionExists() {
    assertTrue(Dialect.OPENAI_CHAT.takesStreamOptions());
    assertTrue(Dialect.OPENAI_COMPLETIONS.takesStreamOptions());
    assertFalse(Dialect.OPENAI_RESPONSES.takesStreamOptions());
    assertFalse(Dialect.ANTHROPIC.takesStreamOptions());
    assertFalse(Dialect.UNKNOWN.takesStreamOptions());
  }

  @ParameterizedTest
  @CsvSource({
    "text/event-stream, EVENT_STREAM",
    "Text/Event-Stream;charset=UTF-8, EVENT_STREAM",
    "application/json, JSON",
    "application/problem+json; charset=utf-8, JSON",
    "application/x-ndjson, LINES",
    "application/vnd.amazon.eventstream, AWS_EVENT_STREAM",
    "application/octet-stream, UNDECLARED",
    "text/plain, UNDECLARED",
    ", UNDECLARED",
    "audio/mpeg, OPAQUE",
    "+json, OPAQUE",
    "multipart/form-data; boundary=x, OPAQUE"
  })
  void tellsTheKindOfABodyByItsMediaType(String contentType, BodyKind kind) {
    assertSame(kind, BodyKind.of(contentType));
  }
}
