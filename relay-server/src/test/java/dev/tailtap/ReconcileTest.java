package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a real database beside reports as the providers document them, by the command. */
class ReconcileTest {
  private static final String KEY = "sk-admin-secret-1234";
  private static final String OPENAI_BUCKET =
      "{\"object\":\"bucket\",\"start_time\":%d,\"end_time\":%d,\"results\":[%s]}";
  private static final String OPENAI_RESULT =
      "{\"object\":\"organization.usage.completions.result\",\"input_tokens\":%d,\"output_tokens\":%d,"
          + "\"input_cached_tokens\":%d,\"num_model_requests\":%d,\"project_id\":null,\"model\":\"%s\"}";
  private static final String PAGE =
      "{\"object\":\"page\",\"data\":[%s],\"has_more\":%s,\"next_page\":%s}";
  private static final String DAY = "2026-11-01";
  private static final long START = 1_793_491_200; // of that day
  private static final long LENGTH = 86_400;

  @TempDir private Path dir;
  private Path config;
  private String database;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void make() throws Exception {
    database = TestPostgres.freshDatabase();
    execute(Files.readString(RelayProcess.home().resolve("schema.sql")));
    config =
        Files.writeString(
            dir.resolve("relay.properties"),
            """
            upstream.openai.url=https://api.openai.com
            upstream.anthropic.url=https://api.anthropic.com
            upstream.other.url=https://elsewhere.example
            route.a.path=/
            route.a.upstream=openai
            store.url=%s
            """
                .formatted(database));
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** So many calls, one each second from a time on, with 100 in (40 cached) and 10 out. */
  private void calls(int count, String start, String upstream, String dialect, String model)
      throws Exception {
    execute(
        """
        insert into usage_record (id, started_at, upstream, dialect, method, request_model, response_model, outcome,
          usage_state, prompt_tokens, cached_tokens, completion_tokens, attempt, delivered)
        select gen_random_uuid(), timestamptz '%s' + n * interval '1 second', '%s', '%s', 'POST', 'alias', '%s',
          'completed', 'final', 100, 40, 10, 1, true from generate_series(0, %d - 1) n"""
            .formatted(start, upstream, dialect, model, count));
  }

  /** One without usage, which names what it asked for. */
  private void without(String state, String outcome, String asked, int attempt, boolean delivered)
      throws Exception {
    execute(
        """
        insert into usage_record (id, started_at, upstream, dialect, method, request_model, outcome, usage_state,
          attempt, delivered)
        values (gen_random_uuid(), '2026-11-01 12:00Z', 'openai', 'openai-chat', 'POST', '%s', '%s', '%s', %d, %s)"""
            .formatted(asked, outcome, state, attempt, delivered));
  }

  private int run(Map<String, String> environment, String... args) throws Exception {
    List<String> all = new ArrayList<>(List.of("reconcile"));
    all.addAll(Arrays.asList(args));
    all.add(config.toString());
    out.reset();
    err.reset();
    int exit =
        new Main(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), environment)
            .run(all.toArray(String[]::new));
    assertFalse((out.toString(UTF_8) + err.toString(UTF_8)).contains("secret"), "the key is shown");
    return exit;
  }

  private int openAi(Provider provider, String... args) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("--provider", "openai", "--from", DAY, "--url", provider.url()));
    all.addAll(Arrays.asList(args));
    return run(Map.of("OPENAI_ADMIN_KEY", KEY), all.toArray(String[]::new));
  }

  /** The row of one kind of count, its columns apart by one space. */
  private List<String> told(String kind) {
    return out.toString(UTF_8)
        .lines()
        .map(line -> line.replaceAll(" +", " ").strip())
        .filter(line -> line.matches("(.* )?" + kind + " \\d+ .*"))
        .map(line -> line.substring(line.lastIndexOf(kind + " ") + kind.length() + 1))
        .toList();
  }

  private void assertTold(String text) {
    assertTrue(out.toString(UTF_8).contains(text), () -> text + " is not in\n" + out);
  }

  private static String result(String model, int calls) {
    return OPENAI_RESULT.formatted(calls * 100, calls * 10, calls * 40, calls, model);
  }

  private static String bucket(int day, String... results) {
    long start = START + day * LENGTH;
    return OPENAI_BUCKET.formatted(start, start + LENGTH, String.join(",", results));
  }

  private static String page(String next, String... buckets) {
    String token = next == null ? "null" : "\"" + next + "\"";
    return PAGE.formatted(String.join(",", buckets), next != null, token);
  }

  private static Provider serving(String page) throws Exception {
    return new Provider((request, answer) -> answer.whole(200, "application/json", page));
  }

  @Test
  void findsOneCallOfTenThousandThatWentPastTheRelay() throws Exception {
    calls(9_999, "2026-11-01 00:00:00Z", "openai", "openai-chat", "gpt-4o-2024-08-06");
    try (Provider provider = serving(page(null, bucket(0, result("gpt-4o-2024-08-06", 10_000))))) {
      assertEquals(1, openAi(provider, "--to", "2026-11-02", "--tolerance", "0"));
      assertEquals(List.of("9999 10000 -1 -0.0100 !"), told("calls"));
      assertEquals(List.of("999900 1000000 -100 -0.0100 !"), told("input"));
      assertEquals(List.of("399960 400000 -40 -0.0100 !"), told("cached"));
      assertEquals(List.of("99990 100000 -10 -0.0100 !"), told("output"));
      assertTold("calls that went past the relay: 1 at least");
      assertTold("1 of 1 line is above the tolerance of 0 %.");
      assertEquals(0, openAi(provider, "--to", "2026-11-02"));
      assertEquals(List.of("9999 10000 -1 -0.0100"), told("calls"));
      assertTold("calls that went past the relay: 1 at least");
      assertTold("Within the tolerance of 0.5 %.");
      assertEquals(1, openAi(provider, "--to=2026-11-02", "--tolerance=0.0099%"));
      assertEquals(0, openAi(provider, "--to=2026-11-02", "--tolerance=0.01"));
    }
  }

  @Test
  void asksForEachPageAsDocumentedAndAddsThemUp() throws Exception {
    calls(3, "2026-11-01 23:59:57Z", "openai", "openai-responses", "m-1");
    calls(2, "2026-11-02 00:00:00Z", "openai", "openai-chat", "m-1");
    calls(1, "2026-11-02 23:59:59Z", "openai", "openai-completions", "m-2");
    calls(5, "2026-11-03 00:00:00Z", "openai", "openai-chat", "m-1"); // behind the last day
    calls(5, "2026-11-01 10:00:00Z", "openai", "openai-embeddings", "m-1");
    calls(5, "2026-11-01 10:00:00Z", "other", "openai-chat", "m-1");
    try (Provider provider =
        new Provider(
            (request, answer) ->
                answer.whole(
                    200,
                    "application/json",
                    request.line().contains("&page=AAA%3D")
                        ? page(null, bucket(1, result("m-1", 2), result("m-2", 1)))
                        : page("AAA=", bucket(0, result("m-1", 1), result("m-1", 2)))))) {
      assertEquals(0, openAi(provider, "--to", "2026-11-03", "--tolerance", "0"));
      assertEquals(
          "GET /v1/organization/usage/completions?start_time=1793491200&end_time=1793664000"
              + "&bucket_width=1d&group_by=model&limit=31 HTTP/1.1",
          provider.take().line());
      Provider.Request second = provider.take();
      assertTrue(second.line().contains("&page=AAA%3D"), second.line());
      assertEquals("Bearer " + KEY, second.field("authorization"));
      assertEquals(List.of("3 3 0 0", "2 2 0 0", "1 1 0 0", "6 6 0 0"), told("calls"));
      assertEquals(0, openAi(provider, "--to", "2026-11-03", "--by", "model"));
      assertEquals(List.of("5 5 0 0", "1 1 0 0", "6 6 0 0"), told("calls"));
      assertEquals(0, openAi(provider, "--to", "2026-11-03", "--by", "day"));
      assertEquals(List.of("3 3 0 0", "3 3 0 0", "6 6 0 0"), told("calls"));
      assertEquals(1, openAi(provider, "--to", "2026-11-03", "--upstream", "other"));
      assertTold("ours are more: the report is not complete yet");
    }
  }

  @Test
  void tellsWhatOfOursHasNoUsage() throws Exception {
    calls(10, "2026-11-01 00:00:00Z", "openai", "openai-chat", "m-1-served");
    without("absent", "client_gone", "alias", 1, false);
    without("absent", "client_gone", "alias", 1, false);
    without("absent", "upstream_error", "alias", 2, true);
    without("repeated", "completed", "alias", 1, true);
    without("absent", "upstream_error", "made-up", 1, true);
    execute(
        "update usage_record set usage_state = 'partial', completion_tokens = 4"
            + " where started_at = '2026-11-01 00:00:03Z'");
    try (Provider provider = serving(page(null, bucket(0, result("m-1-served", 12))))) {
      assertEquals(1, openAi(provider, "--to", "2026-11-02"));
      assertEquals(List.of("10 12 -2 -16.6667 !"), told("calls"));
      assertEquals(List.of("94 120 -26 -21.6667 !"), told("output"));
      assertTold(
          "ours without usage: 4 (client_gone absent 2, completed repeated 1, upstream_error absent 1)");
      assertTold("ours with a partial usage, which may have been more: 1");
      assertTold("ours beyond the first try of their call: 1");
      assertTold("ours that no client got: 2");
      assertTold("theirs that may be ours without usage: 2");
      assertFalse(out.toString(UTF_8).contains("past the relay"), out::toString);
      assertTold(
          "Ours of models that neither side counts, all without usage: 1 (upstream_error absent 1)");
    }
  }

  private static final String ANTHROPIC =
      """
      {"data":[{"starting_at":"2026-11-01T00:00:00Z","ending_at":"2026-11-02T00:00:00Z","results":[
        {"uncached_input_tokens":%d,"cache_creation":{"ephemeral_1h_input_tokens":30,"ephemeral_5m_input_tokens":70},
         "cache_read_input_tokens":40,"output_tokens":10,"server_tool_use":{"web_search_requests":1},
         "api_key_id":null,"workspace_id":null,"model":"claude-x","service_tier":null,"context_window":null}]}],
       "has_more":false,"next_page":null}
      """;

  @Test
  void addsUpWhatAnthropicCountsApart() throws Exception {
    calls(1, "2026-11-01 00:00:00Z", "anthropic", "anthropic", "claude-x");
    execute("update usage_record set prompt_tokens = 200");
    try (Provider provider = serving(ANTHROPIC.formatted(60))) {
      String[] args = {
        "--provider", "anthropic", "--from", DAY, "--to", "2026-11-02", "--url", provider.url()
      };
      assertEquals(0, run(Map.of("ANTHROPIC_ADMIN_KEY", KEY), args));
      Provider.Request asked = provider.take();
      assertEquals(
          "GET /v1/organizations/usage_report/messages?starting_at=2026-11-01T00:00:00Z"
              + "&ending_at=2026-11-02T00:00:00Z&bucket_width=1d&group_by%5B%5D=model&limit=31 HTTP/1.1",
          asked.line());
      assertEquals(KEY, asked.field("x-api-key"));
      assertEquals("2023-06-01", asked.field("anthropic-version"));
      assertEquals(List.of("1 - - -"), told("calls"));
      assertEquals(List.of("200 200 0 0"), told("input"));
      assertEquals(List.of("40 40 0 0"), told("cached"));
      provider.answerWith(
          (request, answer) -> answer.whole(200, "application/json", ANTHROPIC.formatted(61)));
      args[7] = provider.url();
      assertEquals(0, run(Map.of("ANTHROPIC_ADMIN_KEY", KEY), args));
      assertEquals(List.of("200 201 -1 -0.4975"), told("input"));
      assertTold("each of ours has its usage: calls went past the relay");
    }
  }

  @Test
  void readsAnExportWithoutAKey() throws Exception {
    calls(3, "2026-11-01 00:00:00Z", "openai", "openai-chat", "m");
    String first = page("x", bucket(0, result("m", 1)));
    String last = page(null, bucket(1));
    Path file = dir.resolve("export.json");
    String[] args = {
      "--provider", "openai", "--from", DAY, "--to", "2026-11-04", "--file", file.toString()
    };
    for (String text : List.of("[" + first + "," + last + "]", first + "\n" + last)) {
      Files.writeString(file, text);
      assertEquals(1, run(Map.of(), args));
      assertEquals(List.of("3 1 2 +200.0000 !"), told("calls"));
      assertTold("The report says nothing of 2026-11-03");
    }
    Files.writeString(file, page(null, bucket(0, result("m", 3))));
    assertEquals(0, run(Map.of(), args));
  }

  @Test
  void tellsAllMistakesAtOnceAndComparesNothing() throws Exception {
    Files.writeString(config, "\nstore.ulr=x\n", java.nio.file.StandardOpenOption.APPEND);
    int exit =
        run(
            Map.of("OPENAI_ADMIN_KEY", "sk-secret\nX: y"),
            "--provider",
            "openai",
            "--from",
            "yesterday",
            "--by",
            "hour",
            "--tolerance",
            "-1",
            "--url",
            "http://example.com");
    assertEquals(2, exit);
    String told = err.toString(UTF_8);
    for (String part :
        List.of(
            "--from yesterday",
            "--to is missing",
            "--by hour",
            "--tolerance -1",
            "--url:",
            "OPENAI_ADMIN_KEY is no key",
            "store.ulr",
            "nothing was compared")) {
      assertTrue(told.contains(part), part + " is not in\n" + told);
    }
    assertEquals(8, told.lines().count(), told);
    assertEquals("", out.toString(UTF_8));
  }

  @Test
  void tellsAllMistakesOfAFileAndOfTheUpstream() throws Exception {
    Path file = dir.resolve("export.json");
    String[] args = {
      "--provider",
      "openai",
      "--from",
      DAY,
      "--to",
      "2026-11-02",
      "--file",
      file.toString(),
      "--upstream",
      "opnai"
    };
    Files.writeString(file, ANTHROPIC.formatted(1));
    assertEquals(2, run(Map.of(), args));
    assertTrue(err.toString(UTF_8).contains("--upstream opnai: must be one of"), err::toString);
    assertTrue(err.toString(UTF_8).contains("data[0] has no count start_time"), err::toString);
    args[9] = "openai";
    for (String[] wrong :
        new String[][] {
          {"{\"data\":[", "no JSON at line 1"},
          {"", "is empty"},
          {"null", "page 1: is no object"},
          {"{}", "page 1: has no list data"},
          {"[1, 2]", "page 2: is no object"},
          {"{\"x\":1}", "page 1: has no list data"},
          {page("more", bucket(0)), "there is no page behind it"},
          {page(null, bucket(0, result("m", 1).replace("\"m\"", "null"))), "names no model"},
          {page(null, bucket(0, result("m", -1))), "results[0] has no count num_model_requests"},
          {
            page(null, OPENAI_BUCKET.formatted(START, START + 2 * LENGTH, "")),
            "is not of one day of UTC"
          },
        }) {
      Files.writeString(file, wrong[0]);
      assertEquals(2, run(Map.of(), args), wrong[0]);
      assertTrue(err.toString(UTF_8).contains(wrong[1]), wrong[1] + " is not in " + err);
      assertEquals("", out.toString(UTF_8));
    }
  }

  @Test
  void tellsOfAReportThatCannotBeReadNothingButItsStatus() throws Exception {
    String echo = "{\"error\":{\"message\":\"Incorrect API key: " + KEY + "\"}}";
    try (Provider provider =
        new Provider((request, answer) -> answer.whole(401, "application/json", echo))) {
      assertEquals(1, openAi(provider, "--to", "2026-11-02"));
      assertTrue(err.toString(UTF_8).contains("answers 401: it takes a key of"), err::toString);
      provider.answerWith(
          (request, answer) ->
              answer.send("HTTP/1.1 302 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"));
      assertEquals(1, openAi(provider, "--to", "2026-11-02"));
      assertTrue(err.toString(UTF_8).contains("answers 302"), err::toString);
      provider.answerWith(
          (request, answer) -> answer.whole(200, "application/json", page("again", bucket(0))));
      assertEquals(1, openAi(provider, "--to", "2026-11-02"));
      assertTrue(err.toString(UTF_8).contains("without end"), err::toString);
      provider.answerWith((request, answer) -> answer.whole(200, "text/html", "<html>" + KEY));
      assertEquals(1, openAi(provider, "--to", "2026-11-02"));
      assertTrue(err.toString(UTF_8).contains("is no JSON"), err::toString);
    }
  }
}
