package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.ErrorType;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import org.junit.jupiter.api.Test;

/** The providers' own clients read the relay's refusals, and obey them. */
class RefusedClientsTest {
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("demo").addUserMessage("hi").build();
  private static final MessageCreateParams MESSAGE =
      MessageCreateParams.builder().model("demo").maxTokens(256).addUserMessage("hi").build();

  /** By the status alone 508 would be tried again. */
  @Test
  void openAisAndAnthropicsClientsDoAsTheyAreTold() throws Exception {
    Provider.Script parks =
        (request, answer) ->
            answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
    try (Provider one = new Provider(parks);
        Provider other = new Provider(parks);
        RelayRig rig =
            new RelayRig(
                one.url(),
                "upstream.b.url",
                other.url(),
                "route.test.path",
                "/unused",
                "route.two.path",
                "/",
                "route.two.upstreams",
                "test | b",
                "relay.instance",
                "here");
        Client google = google(rig.url())) {
      OpenAIClient openAi = openAi(rig.url());
      AnthropicClient anthropic = anthropic(rig.url());
      AnthropicClient looping =
          AnthropicOkHttpClient.builder()
              .apiKey("none")
              .baseUrl(rig.url())
              .maxRetries(5)
              .putHeader("Via", "1.1 tailtap-here")
              .build();
      try {
        assertThrows(
            com.openai.errors.RateLimitException.class,
            () -> openAi.chat().completions().create(CHAT));
        var parked =
            assertThrows(
                com.openai.errors.RateLimitException.class,
                () -> openAi.chat().completions().create(CHAT));
        assertEquals("upstreams_parked", parked.code().orElseThrow());
        assertEquals("rate_limit_error", parked.type().orElseThrow());
        var message =
            assertThrows(
                com.anthropic.errors.RateLimitException.class,
                () -> anthropic.messages().create(MESSAGE));
        assertEquals(ErrorType.RATE_LIMIT_ERROR, message.type().orElseThrow());
        assertEquals("upstreams_parked", message.errorCode().orElseThrow());
        assertTrue(Integer.parseInt(message.headers().values("retry-after").get(0)) > 3500);
        var content =
            assertThrows(
                ApiException.class, () -> google.models.generateContent("demo", "hi", null));
        assertEquals("RESOURCE_EXHAUSTED", content.status());
        assertThrows(
            com.anthropic.errors.InternalServerException.class,
            () -> looping.messages().create(MESSAGE));
        rig.awaitMetric("tailtap_requests_refused_total{reason=\"loop\"} 1.0");
      } finally {
        openAi.close();
        anthropic.close();
        looping.close();
      }
    }
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
