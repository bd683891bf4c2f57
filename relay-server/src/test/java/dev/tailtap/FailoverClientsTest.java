package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.InternalServerException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The providers' own clients, with their own retries, where one upstream of two fails. */
class FailoverClientsTest {
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("demo").addUserMessage("hi").build();

  private static Provider says(int status) throws IOException {
    return new Provider(
        (request, answer) ->
            answer.whole(status, "application/json", "{\"error\":{\"message\":\"busy\"}}"));
  }

  private static RelayRig rig(String first, String second) throws Exception {
    return new RelayRig(
        first,
        "upstream.second.url",
        second,
        "route.two.path",
        "/v1",
        "route.two.upstreams",
        "test | second");
  }

  @Test
  void openAisClientNoticesNothing() throws Exception {
    try (Provider busy = says(429);
        DemoProvider well = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(busy.url(), well.url().toString())) {
      OpenAIClient client = openAi(rig, 0);
      try {
        assertEquals("demo", client.chat().completions().create(CHAT).model());
        try (var stream = client.chat().completions().createStreaming(CHAT)) {
          assertEquals("demo", stream.stream().findFirst().orElseThrow().model());
        }
        List<Map<String, Object>> rows = rig.rows(3); // it is parked when the second call comes
        assertEquals(List.of("test", "second", "second"), upstreams(rows));
        assertEquals(rows.get(0).get("id"), rows.get(1).get("call"));
        assertEquals(200, rows.get(1).get("http_status"));
      } finally {
        client.close();
      }
    }
  }

  @Test
  void openAisClientTriesAgainWhatNobodyAnswered() throws Exception {
    try (Provider one = says(503);
        Provider other = says(503);
        RelayRig rig = rig(one.url(), other.url())) {
      OpenAIClient client = openAi(rig, 1);
      try {
        assertThrows(InternalServerException.class, () -> client.chat().completions().create(CHAT));
        List<Map<String, Object>> rows = rig.rows(4);
        assertEquals(List.of("test", "second", "test", "second"), upstreams(rows));
        Set<Object> calls = new HashSet<>();
        rows.forEach(row -> calls.add(row.get("call")));
        assertEquals(2, calls.size(), "one call for each that the client made");
      } finally {
        client.close();
      }
    }
  }

  @Test
  void anthropicsClientNoticesNothing() throws Exception {
    try (Provider busy = says(529);
        DemoProvider well = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig = rig(busy.url(), well.url().toString())) {
      AnthropicClient client =
          AnthropicOkHttpClient.builder().apiKey("k").baseUrl(rig.url()).maxRetries(0).build();
      try {
        MessageCreateParams ask =
            MessageCreateParams.builder().model("demo").maxTokens(16).addUserMessage("hi").build();
        assertEquals("demo", client.messages().create(ask).model().asString());
        assertEquals(List.of("test", "second"), upstreams(rig.rows(2)));
      } finally {
        client.close();
      }
    }
  }

  private static OpenAIClient openAi(RelayRig rig, int retries) {
    return OpenAIOkHttpClient.builder()
        .apiKey("k")
        .baseUrl(rig.url() + "/v1")
        .maxRetries(retries)
        .build();
  }

  private static List<String> upstreams(List<Map<String, Object>> rows) {
    List<String> upstreams = new ArrayList<>();
    rows.forEach(row -> upstreams.add((String) row.get("upstream")));
    return upstreams;
  }
}
