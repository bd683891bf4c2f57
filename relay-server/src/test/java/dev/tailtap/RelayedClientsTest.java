package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.ErrorType;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerateContentResponseUsageMetadata;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The providers' own clients cannot tell the relay from the provider, and the rows say what those
 * clients were told.
 */
class RelayedClientsTest {
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("demo").addUserMessage("hi").build();
  private static final ChatCompletionCreateParams CHAT_WITH_USAGE =
      CHAT.toBuilder()
          .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
          .build();
  private static final ResponseCreateParams RESPONSE =
      ResponseCreateParams.builder().model("demo").input("hi").build();
  private static final MessageCreateParams MESSAGE =
      MessageCreateParams.builder().model("demo").maxTokens(256).addUserMessage("hi").build();

  @Test
  void openAiChatSeesWhatTheProviderSaid() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString())) {
      OpenAIClient direct = openAi(provider.url().toString());
      OpenAIClient relayed = openAi(rig.url());
      try {
        ChatCompletion whole = relayed.chat().completions().create(CHAT).validate();
        assertEquals(direct.chat().completions().create(CHAT), whole);
        ChatCompletion counted = streamed(relayed, CHAT_WITH_USAGE);
        assertEquals(streamed(direct, CHAT_WITH_USAGE), counted);
        assertEquals(whole.usage(), counted.usage());
        ChatCompletion silent = streamed(relayed, CHAT);
        assertEquals(streamed(direct, CHAT), silent);
        assertTrue(silent.usage().isEmpty(), "the frame that the relay asked for came through");
        var usage = whole.usage().orElseThrow();
        for (Map<String, Object> row : rig.rows(3)) {
          assertRow(row, "openai-chat", usage.promptTokens(), usage.completionTokens());
          assertEquals(usage.totalTokens(), row.get("total_tokens"));
          assertEquals(
              usage.promptTokensDetails().orElseThrow().cachedTokens().orElseThrow(),
              row.get("cached_tokens"));
          assertEquals(whole.id(), row.get("response_id"));
          assertEquals("stop", row.get("finish_reason"));
        }
        assertStreamed(rig.rows(3), false, true, true);
      } finally {
        direct.close();
        relayed.close();
      }
    }
  }

  @Test
  void openAiResponsesSeesWhatTheProviderSaid() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString())) {
      OpenAIClient direct = openAi(provider.url().toString());
      OpenAIClient relayed = openAi(rig.url());
      try {
        Response whole = relayed.responses().create(RESPONSE).validate();
        assertEquals(direct.responses().create(RESPONSE), whole);
        List<ResponseStreamEvent> events = events(relayed);
        assertEquals(events(direct), events);
        Response last = events.get(events.size() - 1).asCompleted().response();
        assertEquals(whole.usage(), last.usage());
        var usage = whole.usage().orElseThrow();
        for (Map<String, Object> row : rig.rows(2)) {
          assertRow(row, "openai-responses", usage.inputTokens(), usage.outputTokens());
          assertEquals(usage.totalTokens(), row.get("total_tokens"));
          assertEquals(usage.outputTokensDetails().reasoningTokens(), row.get("reasoning_tokens"));
          assertEquals(whole.id(), row.get("response_id"));
        }
        assertStreamed(rig.rows(2), false, true);
      } finally {
        direct.close();
        relayed.close();
      }
    }
  }

  @Test
  void anthropicSeesWhatTheProviderSaid() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString())) {
      AnthropicClient direct = anthropic(provider.url().toString());
      AnthropicClient relayed = anthropic(rig.url());
      try {
        Message whole = relayed.messages().create(MESSAGE).validate();
        assertEquals(direct.messages().create(MESSAGE), whole);
        Message streamed = streamed(relayed);
        assertEquals(streamed(direct), streamed);
        assertEquals(whole.content(), streamed.content());
        for (Map<String, Object> row : rig.rows(2)) {
          var usage = (boolean) row.get("streamed") ? streamed.usage() : whole.usage();
          long cached = usage.cacheReadInputTokens().orElse(0L);
          long written = usage.cacheCreationInputTokens().orElse(0L);
          assertRow(row, "anthropic", usage.inputTokens() + cached + written, usage.outputTokens());
          assertEquals(cached, row.get("cached_tokens"));
          assertEquals(written, row.get("cache_write_tokens"));
          assertEquals(whole.id(), row.get("response_id"));
          assertEquals("end_turn", row.get("finish_reason"));
        }
        assertStreamed(rig.rows(2), false, true);
      } finally {
        direct.close();
        relayed.close();
      }
    }
  }

  @Test
  void googleSeesWhatTheProviderSaid() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = new RelayRig(provider.url().toString());
        Client direct = google(provider.url().toString());
        Client relayed = google(rig.url())) {
      GenerateContentResponse whole = relayed.models.generateContent("demo", "hi", null);
      assertEquals(direct.models.generateContent("demo", "hi", null).text(), whole.text());
      StringBuilder text = new StringBuilder();
      GenerateContentResponse last = null;
      for (var part : relayed.models.generateContentStream("demo", "hi", null)) {
        text.append(part.text());
        last = part;
      }
      assertEquals(whole.text(), text.toString());
      assertEquals(whole.usageMetadata(), last.usageMetadata());
      GenerateContentResponseUsageMetadata usage = whole.usageMetadata().orElseThrow();
      for (Map<String, Object> row : rig.rows(2)) {
        long thought = usage.thoughtsTokenCount().orElse(0);
        assertRow(
            row,
            "gemini",
            usage.promptTokenCount().orElseThrow(),
            usage.candidatesTokenCount().orElseThrow() + thought);
        assertEquals((long) usage.totalTokenCount().orElseThrow(), row.get("total_tokens"));
        assertEquals("STOP", row.get("finish_reason"));
      }
      assertStreamed(rig.rows(2), false, true);
    }
  }

  @Test
  void aClientThatClosesItsStreamIsOneRow() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ofMillis(50));
        RelayRig rig = new RelayRig(provider.url().toString())) {
      OpenAIClient openAi = openAi(rig.url());
      AnthropicClient anthropic = anthropic(rig.url());
      try {
        try (var stream = openAi.chat().completions().createStreaming(CHAT)) {
          assertEquals(3, stream.stream().limit(3).count());
        }
        assertEquals("client_gone", rig.row().get("outcome"));
        assertEquals("absent", rig.row().get("usage_state"));
        try (var stream = anthropic.messages().createStreaming(MESSAGE)) {
          assertEquals(3, stream.stream().limit(3).count());
        }
        Map<String, Object> second = rig.rows(2).get(1);
        assertEquals("client_gone", second.get("outcome"));
        assertEquals("partial", second.get("usage_state"));
        assertTrue((long) second.get("prompt_tokens") > 0);
        assertEquals(2, rig.rows(2).size());
      } finally {
        openAi.close();
        anthropic.close();
      }
    }
  }

  @Test
  void aPathWithoutRouteIsEachClientsOwnNotFound() throws Exception {
    try (Provider provider = new Provider((request, answer) -> {});
        RelayRig rig = new RelayRig(provider.url(), "route.test.path", "/served");
        Client google = google(rig.url())) {
      OpenAIClient openAi = openAi(rig.url());
      AnthropicClient anthropic = anthropic(rig.url());
      String said = "No route leads from this path to an upstream.";
      try {
        var chat =
            assertThrows(
                com.openai.errors.NotFoundException.class,
                () -> openAi.chat().completions().create(CHAT));
        assertTrue(chat.getMessage().contains(said), chat.getMessage());
        assertEquals("no_route", chat.code().orElseThrow());
        assertEquals("invalid_request_error", chat.type().orElseThrow());
        assertThrows(
            com.openai.errors.NotFoundException.class,
            () -> openAi.chat().completions().createStreaming(CHAT));
        var message =
            assertThrows(
                com.anthropic.errors.NotFoundException.class,
                () -> anthropic.messages().create(MESSAGE));
        assertTrue(message.getMessage().contains(said), message.getMessage());
        assertEquals(ErrorType.NOT_FOUND_ERROR, message.type().orElseThrow());
        assertEquals(said, message.apiMessage().orElseThrow());
        var content =
            assertThrows(
                ApiException.class, () -> google.models.generateContent("demo", "hi", null));
        assertEquals(404, content.code());
        assertEquals("NOT_FOUND", content.status());
        assertTrue(content.message().startsWith(said), content.message()); // and its details
      } finally {
        openAi.close();
        anthropic.close();
      }
    }
  }

  @Test
  void anUpstreamThatIsNotThereIsEachClientsOwnServerError() throws Exception {
    try (ClosedPort gone = new ClosedPort();
        RelayRig rig = new RelayRig(gone.url())) {
      assertServerErrors(rig, 502, "The upstream cannot be reached.");
      assertEquals(4, rig.rows(4).size());
      for (Map<String, Object> row : rig.rows(4)) {
        assertEquals("unreachable", row.get("outcome"));
        assertNull(row.get("total_tokens"));
      }
    }
  }

  @Test
  void aFullRelayIsEachClientsOwnServerError() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.chunkedHead("text/event-stream").awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "limits.streams", "1");
        RawClient first = rig.client()) {
      first.post("/v1/responses", "{\"stream\":true}").head();
      assertServerErrors(rig, 503, "limits.streams is reached: try again.");
    }
  }

  private static void assertServerErrors(RelayRig rig, int status, String said) {
    OpenAIClient openAi = openAi(rig.url());
    AnthropicClient anthropic = anthropic(rig.url());
    try (Client google = google(rig.url())) {
      var chat =
          assertThrows(
              com.openai.errors.InternalServerException.class,
              () -> openAi.chat().completions().create(CHAT));
      assertEquals(status, chat.statusCode());
      assertTrue(chat.getMessage().contains(said), chat.getMessage());
      var stream =
          assertThrows(
              com.openai.errors.InternalServerException.class,
              () -> openAi.responses().createStreaming(RESPONSE));
      assertTrue(stream.getMessage().contains(said), stream.getMessage());
      var message =
          assertThrows(
              com.anthropic.errors.InternalServerException.class,
              () -> anthropic.messages().create(MESSAGE));
      assertEquals(status, message.statusCode());
      assertTrue(message.getMessage().contains(said), message.getMessage());
      var content =
          assertThrows(ApiException.class, () -> google.models.generateContent("demo", "hi", null));
      assertEquals(status, content.code());
      assertTrue(content.getMessage().contains(said), content.getMessage());
    } finally {
      openAi.close();
      anthropic.close();
    }
  }

  private static void assertRow(
      Map<String, Object> row, String dialect, long promptTokens, long completionTokens) {
    assertEquals(dialect, row.get("dialect"));
    assertEquals("completed", row.get("outcome"));
    assertEquals("final", row.get("usage_state"));
    assertEquals("demo", row.get("request_model"));
    assertEquals("demo", row.get("response_model"));
    assertEquals(promptTokens, row.get("prompt_tokens"));
    assertEquals(completionTokens, row.get("completion_tokens"));
  }

  private static void assertStreamed(List<Map<String, Object>> rows, Boolean... streamed) {
    assertEquals(List.of(streamed), rows.stream().map(row -> row.get("streamed")).toList());
  }

  private static ChatCompletion streamed(OpenAIClient client, ChatCompletionCreateParams ask) {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (var stream = client.chat().completions().createStreaming(ask)) {
      stream.stream().forEach(whole::accumulate);
    }
    return whole.chatCompletion();
  }

  private static List<ResponseStreamEvent> events(OpenAIClient client) {
    try (var stream = client.responses().createStreaming(RESPONSE)) {
      return stream.stream().toList();
    }
  }

  private static Message streamed(AnthropicClient client) {
    MessageAccumulator whole = MessageAccumulator.create();
    try (var stream = client.messages().createStreaming(MESSAGE)) {
      stream.stream().forEach(whole::accumulate);
    }
    return whole.message();
  }

  private static OpenAIClient openAi(String url) {
    return OpenAIOkHttpClient.builder().apiKey("none").baseUrl(url + "/v1").maxRetries(0).build();
  }

  private static AnthropicClient anthropic(String url) {
    return AnthropicOkHttpClient.builder().apiKey("none").baseUrl(url).maxRetries(0).build();
  }

  private static Client google(String url) {
    return Client.builder()
        .apiKey("none")
        .httpOptions(
            HttpOptions.builder()
                .baseUrl(url)
                .retryOptions(HttpRetryOptions.builder().attempts(1))
                .build())
        .build();
  }
}
