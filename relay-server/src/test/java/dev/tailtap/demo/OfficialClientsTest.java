package dev.tailtap.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The demo is worth nothing if the providers' own clients do not take it for a provider. */
class OfficialClientsTest {
  private DemoProvider provider;

  @BeforeEach
  void open() throws IOException {
    provider = DemoProvider.open(0, Duration.ZERO);
  }

  @AfterEach
  void close() {
    provider.close();
  }

  @Test
  void openAiReadsChatAndResponses() {
    OpenAIClient client =
        OpenAIOkHttpClient.builder().apiKey("none").baseUrl(provider.url() + "/v1").build();
    try {
      var chat = ChatCompletionCreateParams.builder().model("demo").addUserMessage("hi").build();
      var answer = client.chat().completions().create(chat).validate();
      var usage = answer.usage().orElseThrow();
      assertEquals(usage.totalTokens(), usage.promptTokens() + usage.completionTokens());
      try (var stream = client.chat().completions().createStreaming(chat)) {
        assertTrue(stream.stream().peek(chunk -> chunk.validate()).count() > 10);
      }
      var ask = ResponseCreateParams.builder().model("demo").input("hi").build();
      assertEquals("demo", client.responses().create(ask).validate().model().asString());
      try (var stream = client.responses().createStreaming(ask)) {
        var events = stream.stream().toList();
        events.forEach(event -> event.validate());
        var last = events.get(events.size() - 1).completed().orElseThrow();
        assertTrue(last.response().usage().orElseThrow().totalTokens() > 0);
      }
    } finally {
      client.close();
    }
  }

  @Test
  void anthropicReadsMessages() {
    AnthropicClient client =
        AnthropicOkHttpClient.builder().apiKey("none").baseUrl(provider.url().toString()).build();
    try {
      var ask =
          MessageCreateParams.builder().model("demo").maxTokens(100).addUserMessage("hi").build();
      assertTrue(client.messages().create(ask).validate().usage().outputTokens() > 10);
      try (var stream = client.messages().createStreaming(ask)) {
        assertTrue(stream.stream().peek(event -> event.validate()).count() > 10);
      }
    } finally {
      client.close();
    }
  }

  @Test
  void googleReadsGemini() {
    var options = HttpOptions.builder().baseUrl(provider.url().toString()).build();
    try (Client client = Client.builder().apiKey("none").httpOptions(options).build()) {
      var answer = client.models.generateContent("demo", "hi", null);
      assertTrue(answer.usageMetadata().orElseThrow().totalTokenCount().orElseThrow() > 0);
      StringBuilder text = new StringBuilder();
      for (var part : client.models.generateContentStream("demo", "hi", null)) {
        text.append(part.text());
      }
      assertEquals(answer.text(), text.toString());
    }
  }
}
