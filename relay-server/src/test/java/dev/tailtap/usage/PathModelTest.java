package dev.tailtap.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.http1.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Some providers are told the model by the path. */
class PathModelTest {
  @ParameterizedTest
  @CsvSource({
    "/v1beta/models/gemini-2.5-pro:streamGenerateContent, gemini-2.5-pro",
    "/v1beta//models/gemini-2%2E5-pro%3AgenerateContent, gemini-2.5-pro",
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude@2026:rawPredict, claude@2026",
    "/v1beta/models/ft:tuned:generateContent, ft:tuned",
    "/v1beta/models/org%2Fname:generateContent, org/name",
    "/model/anthropic.claude-v1:0/invoke, anthropic.claude-v1:0",
    "/model/anthropic.claude-v1%3A0/converse-stream, anthropic.claude-v1:0",
    "/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fx/converse, arn:aws:bedrock:eu:1:profile/x",
    "/openai/deployments/my-gpt/chat/completions, my-gpt",
    "/openai/deployments/m%C3%A9/embeddings, mé",
    "/OpenAI/Deployments/my-gpt/Chat/Completions, my-gpt",
    "/v1beta/tunedModels/mine:generateContent, mine",
    "/v1/projects/google.com:p/locations/l/endpoints/123:predict, 123",
    "/client/v4/accounts/a/ai/run/@cf/meta/llama-3, @cf/meta/llama-3",
  })
  void namesTheModel(String path, String model) {
    assertEquals(model, PathModel.of(Target.normalPath(path)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/gpt-4o",
        "/v1/models/org/name",
        "/models/chat/completions",
        "/v1:x/models/m",
        "/v1beta/models/:generateContent",
        "/model/info",
        "/v1/projects/google.com:p/locations/l/endpoints/openapi/chat/completions",
        "/client/v4/accounts/a/ai/run/",
        "/model/",
        "/model//invoke",
        "/openai/deployments",
        "/openai/deployments/",
        "/openai/deployments/my-gpt",
      })
  void namesNone(String path) {
    assertNull(PathModel.of(Target.normalPath(path)));
  }

  @Test
  void namesNoneWithoutAPathAndBoundsAnother() {
    assertNull(PathModel.of(null));
    String path = "/models/" + "x".repeat(5000) + ":verb";
    assertEquals("x".repeat(256), PathModel.of(path));
    assertEquals("\uFFFD", PathModel.of("/models/\u00ff:verb"));
  }
}
