package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The figures by upstream and model, by calls through a relay and its page. */
class ModelMetricsTest {
  private static final String USAGE =
      "{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":3}}";

  private Provider provider;

  @BeforeEach
  void open() throws IOException {
    provider = new Provider(ModelMetricsTest::answer);
  }

  @AfterEach
  void close() throws IOException {
    provider.close();
  }

  /** Streams to whoever asks for it; knows no model whose name begins with no. */
  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    if (request.text().contains("\"model\":\"no")) {
      answer.whole(404, "application/json", "{\"error\":{\"message\":\"no such model\"}}");
    } else if (request.text().contains("\"stream\":true")) {
      answer
          .chunkedHead("text/event-stream")
          .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
          .chunk("data: {\"choices\":[],\"usage\":" + USAGE + "}\n\ndata: [DONE]\n\n")
          .lastChunk();
    } else if (request.text().contains("\"silent\":true")) {
      answer.whole(200, "application/json", "{\"choices\":[]}");
    } else {
      answer.whole(200, "application/json", "{\"choices\":[],\"usage\":" + USAGE + "}");
    }
  }

  private static void ask(RawClient client, String model, String more) throws IOException {
    client.post("/v1/chat/completions", "{\"model\":\"" + model + "\"" + more + "}").answer();
  }

  private RelayRig rig(String... settings) throws Exception {
    return new RelayRig(provider.url(), settings);
  }

  private static String line(String name, String model, String value) {
    return "tailtap_" + name + "{model=\"" + model + "\",upstream=\"test\"} " + value;
  }

  private static int series(String page, String pattern) {
    Matcher found = Pattern.compile("(?m)^" + pattern).matcher(page);
    return (int) found.results().count();
  }

  @Test
  void aCallIsCountedForItsUpstreamAndModel() throws Exception {
    try (RelayRig rig = rig();
        RawClient client = rig.client()) {
      ask(client, "m", ",\"stream\":true");
      ask(client, "m", "");
      ask(client, "m", ",\"silent\":true");
      rig.awaitMetric(line("call_duration_seconds_count", "m", "3"));
      String page = rig.admin("/metrics");
      for (String line :
          new String[] {
            line("first_event_seconds_count", "m", "1"),
            line("output_token_seconds_count", "m", "1"),
            line("model_errors_total", "m", "0.0"),
            line("model_unmetered_total", "m", "1.0"),
            "tailtap_model_tokens_total{kind=\"input\",model=\"m\",upstream=\"test\"} 14.0",
            "tailtap_model_tokens_total{kind=\"cached\",model=\"m\",upstream=\"test\"} 6.0",
            "tailtap_model_tokens_total{kind=\"output\",model=\"m\",upstream=\"test\"} 10.0",
            "tailtap_tokens_total{kind=\"input\"} 14.0",
          }) {
        assertTrue(page.lines().anyMatch(line::equals), line + " in\n" + page);
      }
      assertEquals(18, series(page, "tailtap_call_duration_seconds_bucket"));
      assertFalse(page.contains("gen_ai_"), page);
    }
  }

  @Test
  void modelsBeyondTheLimitAreOther() throws Exception {
    try (RelayRig rig = rig("metrics.models", "3");
        RawClient client = rig.client()) {
      for (int i = 0; i < 50; i++) {
        ask(client, "m" + i, "");
      }
      rig.awaitMetric(line("call_duration_seconds_count", "other", "47"));
      String page = rig.admin("/metrics");
      assertEquals(4, series(page, "tailtap_call_duration_seconds_count"));
      assertTrue(page.contains("model=\"m2\""), page);
    }
  }

  @Test
  void whatNoUpstreamAnswersTakesNoPlace() throws Exception {
    try (RelayRig rig = rig("metrics.models", "1");
        RawClient client = rig.client()) {
      for (int i = 0; i < 20; i++) {
        ask(client, "no" + i, "");
      }
      ask(client, "m", "");
      ask(client, "other", "");
      rig.awaitMetric(line("call_duration_seconds_count", "m", "1"));
      rig.awaitMetric(line("model_errors_total", "other", "20.0"));
      rig.awaitMetric(line("call_duration_seconds_count", "other", "21"));
      assertEquals(2, series(rig.admin("/metrics"), "tailtap_call_duration_seconds_count"));
    }
  }

  /** A name cannot end its line, begin another, or be as long as it likes. */
  @Test
  void whatAClientCallsAModelIsCleanedAndEscaped() throws Exception {
    try (RelayRig rig = rig();
        RawClient client = rig.client()) {
      ask(client, "a\\\"b\\\\c\\nd\\u0000e\\u001b\\ud800", "");
      ask(client, "x".repeat(500), "");
      rig.awaitMetric(line("call_duration_seconds_count", "x".repeat(100), "1"));
      rig.awaitMetric(
          line("call_duration_seconds_count", "a\\\"b\\\\c\uFFFDd\uFFFDe\uFFFD\uFFFD", "1"));
    }
  }

  @Test
  void anUpstreamThatIsGoneLeavesThePage() throws Exception {
    try (RelayRig rig = rig("metrics.models", "1");
        RawClient client = rig.client()) {
      ask(client, "m", "");
      rig.awaitMetric(line("call_duration_seconds_count", "m", "1"));
      rig.reload(
          "upstream.test.url",
          null,
          "upstream.test.connect-timeout",
          null,
          "upstream.next.url",
          provider.url(),
          "route.test.upstream",
          "next");
      assertFalse(rig.admin("/metrics").contains("model=\"m\""));
      ask(client, "n", "");
      rig.awaitMetric("tailtap_call_duration_seconds_count{model=\"n\",upstream=\"next\"} 1");
    }
  }

  @Test
  void aReloadChangesTheLimit() throws Exception {
    try (RelayRig rig = rig();
        RawClient client = rig.client()) {
      ask(client, "m", "");
      ask(client, "n", "");
      rig.awaitMetric(line("call_duration_seconds_count", "n", "1"));
      rig.reload("metrics.models", "1");
      ask(client, "n", "");
      ask(client, "m", "");
      rig.awaitMetric(line("call_duration_seconds_count", "other", "1"));
      rig.awaitMetric(line("call_duration_seconds_count", "n", "1"));
    }
  }

  @Test
  void openTelemetrysNamesAreThereWhereTheyAreWanted() throws Exception {
    try (RelayRig rig = rig("metrics.gen-ai", "true");
        RawClient client = rig.client()) {
      ask(client, "m", ",\"stream\":true");
      ask(client, "nope", "");
      String labels =
          "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\","
              + "gen_ai_request_model=\"m\"";
      String end = ",upstream=\"test\"} 1";
      rig.awaitMetric("gen_ai_client_operation_duration_seconds_count{" + labels + end);
      rig.awaitMetric("gen_ai_server_time_to_first_token_seconds_count{" + labels + end);
      rig.awaitMetric("gen_ai_server_time_per_output_token_seconds_count{" + labels + end);
      rig.awaitMetric(
          "gen_ai_client_token_usage_sum{"
              + labels
              + ",gen_ai_token_type=\"input\",upstream=\"test\"} 7.0");
      rig.awaitMetric(
          "gen_ai_client_operation_duration_seconds_count{error_type=\"_OTHER\","
              + labels.replace("\"m\"", "\"other\"")
              + end);
    }
  }

  /** What docs/METRICS.md says of the page's size. */
  @Test
  void thePageStaysSmallEnough() throws Exception {
    try (RelayRig rig = rig("metrics.gen-ai", "true");
        RawClient client = rig.client()) {
      for (int i = 0; i < 120; i++) {
        ask(client, "a-model-with-a-name-of-usual-length-" + i, "");
      }
      rig.awaitMetric(line("call_duration_seconds_count", "other", "20"));
      String page = rig.admin("/metrics");
      int own =
          page.lines().filter(line -> line.startsWith("tailtap_")).mapToInt(String::length).sum();
      assertTrue(own < 850_000, "tailtap_: " + own);
      assertTrue(page.length() < 3_300_000, "in all: " + page.length());
    }
  }
}
