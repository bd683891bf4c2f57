package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Prometheus;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.stats.ExposedNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The metrics, alert rules and the dashboard, by promtool and by a Prometheus that scrapes. */
@Lengthy
class PrometheusTest {
  private static final Path DEPLOY = Path.of("..", "deploy").toAbsolutePath().normalize();
  private static final Pattern METRIC = Pattern.compile("\\b(tailtap|process|jvm)_[a-z0-9_]+");
  private static final String BODY =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}";

  @TempDir private Path dir;

  @BeforeEach
  void findPrograms() {
    assumeTrue(Prometheus.installed(), "skipped: promtool missing");
  }

  private static String promtool(Path input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (input != null) {
      builder.redirectInput(input.toFile());
    }
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    if (request.text().contains("\"stream\":true")) {
      answer
          .chunkedHead("text/event-stream")
          .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
          .chunk("data: " + BODY + "\n\ndata: [DONE]\n\n")
          .lastChunk();
    } else {
      answer.whole(200, "application/json", BODY);
    }
  }

  private static void ask(RelayRig rig, String more) throws IOException {
    try (RawClient client = rig.client()) {
      client.post("/v1/chat/completions", "{\"model\":\"m\"" + more + "}").answer();
    }
  }

  @Test
  void promtoolHasNothingToSayOfThePage() throws Exception {
    try (Provider provider = new Provider(PrometheusTest::answer);
        RelayRig rig = new RelayRig(provider.url(), "metrics.gen-ai", "true")) {
      ask(rig, ",\"stream\":true");
      rig.awaitMetric("tailtap_call_duration_seconds_count{model=\"m\",upstream=\"test\"} 1");
      Path page = Files.writeString(dir.resolve("page"), rig.admin("/metrics"));
      assertEquals("", promtool(page, "check", "metrics"));
    }
  }

  @Test
  void theRulesFireWhenTheyShallAndNotElse() throws Exception {
    Path rules = DEPLOY.resolve("prometheus");
    promtool(null, "check", "config", rules.resolve("prometheus.yml").toString());
    promtool(null, "check", "rules", rules.resolve("tailtap-alerts.yml").toString());
    promtool(null, "test", "rules", rules.resolve("tailtap-alerts-test.yml").toString());
  }

  @Test
  void aPrometheusScrapesAnswersAndHasTheRules() throws Exception {
    try (Provider provider = new Provider(PrometheusTest::answer);
        RelayRig rig = new RelayRig(provider.url())) {
      for (int i = 0; i < 3; i++) {
        ask(rig, ",\"stream\":true");
      }
      String config =
          Files.readString(DEPLOY.resolve("prometheus/prometheus.yml"))
              .replace("127.0.0.1:9090", "127.0.0.1:" + rig.relay().adminPort())
              .replace("15s", "200ms")
              .replace(
                  "tailtap-alerts.yml", DEPLOY.resolve("prometheus/tailtap-alerts.yml").toString());
      Path file = Files.writeString(dir.resolve("prometheus.yml"), config);
      try (Prometheus prometheus = new Prometheus(dir, file)) {
        prometheus.awaitQuery("up{job=\"tailtap\"}", said -> said.contains("\"1\"]"));
        prometheus.awaitQuery(
            "sum(tailtap_model_tokens_total{kind=\"input\",model=\"m\",upstream=\"test\"})",
            said -> said.contains("\"21\"]"));
        prometheus.awaitQuery(
            "histogram_quantile(0.5, tailtap_first_event_seconds_bucket)",
            said -> said.contains("\"model\":\"m\""));
        String rules = prometheus.await("/api/v1/rules", said -> said.contains("TailtapDown"));
        assertFalse(rules.contains("\"health\":\"err\""), rules);
        for (String query : queries()) {
          prometheus.awaitQuery(query, said -> said.startsWith("{\"status\":\"success\""));
        }
      }
    }
  }

  /** A name that the page lacks would be a panel without data, or an alert that never fires. */
  @Test
  void everyMetricOfTheDashboardAndTheRulesIsThere() throws Exception {
    String rules = Files.readString(DEPLOY.resolve("prometheus/tailtap-alerts.yml"));
    Set<String> asked = new TreeSet<>(names(rules));
    queries().forEach(query -> asked.addAll(names(query)));
    assertTrue(asked.size() > 30, asked.toString());
    try (Provider provider = new Provider(PrometheusTest::answer);
        RelayRig rig = new RelayRig(provider.url())) {
      String page = rig.admin("/metrics");
      Set<String> known = ExposedNames.all();
      for (String name : asked) {
        String family = name.replaceAll("_(bucket|count|sum)$", "");
        assertTrue(
            known.contains(name)
                || known.contains(family)
                || page.contains("# TYPE " + name + " ")
                || page.contains("# TYPE " + family + " "),
            name);
      }
    }
  }

  private static List<String> names(String text) {
    return METRIC.matcher(text).results().map(MatchResult::group).distinct().toList();
  }

  /** What the dashboard asks, its variables and intervals filled in. */
  private static List<String> queries() throws IOException {
    List<String> queries = new ArrayList<>();
    String json = Files.readString(DEPLOY.resolve("grafana/tailtap.json"));
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.PROPERTY_NAME && parser.currentName().equals("expr")) {
          parser.nextToken();
          queries.add(
              parser
                  .getString()
                  .replace("$__rate_interval", "1m")
                  .replace("$__range", "1h")
                  .replaceAll("\\$(instance|upstream|model)", ".*"));
        }
      }
    }
    assertTrue(queries.size() > 20, queries.toString());
    return queries;
  }
}
