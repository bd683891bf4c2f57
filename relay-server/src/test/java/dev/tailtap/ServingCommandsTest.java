package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.IgnoredSignals;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The commands that serve, as processes: how they take signals, and that no row is lost. */
@Lengthy
class ServingCommandsTest {
  private static final String SSE = "text/event-stream";
  private static final String ASK = "{\"model\":\"m-1\",\"stream\":true}";
  private static final String START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","model":"m-1","usage":\
      {"input_tokens":11,"output_tokens":1}}}

      """;
  private static final String END =
      """
      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  /** For all tests that serve: a database is soon restarted, and not so soon made. */
  @TempDir private static Path kept;

  @TempDir private Path dir;

  @BeforeAll
  static void lendBinaries() throws IOException {
    TestPostgres.lendBinaries(kept.resolve("postgres"));
  }

  @AfterEach
  void nothingRunsOn() {
    assertFalse(RelayProcess.anyLeft(kept), "a process is left");
    assertFalse(RelayProcess.anyLeft(dir), "a process is left");
  }

  @Test
  void aStreamEndsWholeWhenTheRelayIsToldToStop() throws Exception {
    CountDownLatch stopping = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(START);
                  stopping.await();
                  answer.chunk(END).lastChunk();
                });
        RelayProcess relay = serve(provider, "--set", "relay.drain-timeout=5m")) {
      int port = relay.port();
      int admin = relay.adminPort();
      assertEquals(200, get(admin, "/readyz").statusCode());
      try (RawClient idle = new RawClient(port);
          RawClient client = new RawClient(port)) {
        client.post("/whole/v1/messages", ASK).head();
        relay.signal("TERM");
        awaitRefusal(port);
        assertEquals(503, get(admin, "/readyz").statusCode());
        assertTrue(idle.awaitClose(), "an idle connection is kept");
        String size = Integer.toHexString(START.length()) + "\r\n";
        assertEquals(size + START + "\r\n", client.read(size.length() + START.length() + 2));
        stopping.countDown();
        size = Integer.toHexString(END.length()) + "\r\n";
        String rest = size + END + "\r\n0\r\n\r\n";
        assertEquals(rest, client.read(rest.length()));
        assertTrue(client.awaitClose());
      }
      assertEquals(0, relay.exit(), relay.err());
      assertFalse(relay.err().contains("ERROR"), relay.err());
    }
    Map<String, String> row = onlyRowAfterARestart("/whole/v1/messages", "TERM");
    assertEquals("completed", row.get("outcome"));
    assertEquals("final", row.get("usage_state"));
    assertEquals("16", row.get("total_tokens"));
  }

  @Test
  void aStreamThatDoesNotEndIsCutWhenTheDrainTimeIsOver() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead(SSE).chunk(START).awaitClose());
        RelayProcess relay = serve(provider, "--set", "relay.drain-timeout=500ms")) {
      try (RawClient client = new RawClient(relay.port())) {
        client.post("/endless/v1/messages", ASK).head();
        assertEquals(START, client.chunk());
        relay.signal("TERM");
        assertEquals("", client.read(10_000), "a false end");
      }
      assertEquals(0, relay.exit(), relay.err());
    }
    Map<String, String> row = onlyRowAfterARestart("/endless/v1/messages", "TERM");
    assertEquals("interrupted", row.get("outcome"));
    assertEquals("partial", row.get("usage_state"));
    assertEquals("11", row.get("prompt_tokens"));
  }

  @Test
  void anInterruptStopsItInOrder() throws Exception {
    assumeFalse(IgnoredSignals.interrupt(), "this run was started with interrupts ignored");
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.chunkedHead(SSE).chunk(START).chunk(END).lastChunk());
        RelayProcess relay = serve(provider)) {
      try (RawClient client = new RawClient(relay.port())) {
        assertTrue(client.post("/interrupt/v1/messages", ASK).answer().whole());
      }
      relay.signal("INT");
      assertEquals(0, relay.exit(), relay.err());
    }
    assertEquals("16", onlyRowAfterARestart("/interrupt/v1/messages", "INT").get("total_tokens"));
  }

  @Test
  void theDemoShowsFourAnswersAndTheirRowsAndServesOn() throws Exception {
    try (RelayProcess demo = new RelayProcess(dir, demo())) {
      demo.await("Serving until Ctrl-C");
      int admin = Integer.parseInt(demo.await("http://127.0.0.1:(\\d+)/stats"));
      List<Map<String, String>> rows = records(admin); // the newest stands first
      Collections.reverse(rows);
      assertEquals(7, rows.size());
      assertDialectsAreShown(demo.out(), rows.subList(0, 4));
      assertAFailoverIsShown(demo.out(), rows.subList(4, 7));
      String[] question = {"doctor", "--set", "store.dir=" + dir.resolve("demo")};
      try (RelayProcess doctor = new RelayProcess(dir, question)) {
        doctor.exit();
        assertTrue(doctor.out().contains("A demo is running"), doctor.out());
        assertTrue(doctor.out().contains("The last hour, by upstream and model:"), doctor.out());
      }
      demo.signal("HUP");
      if (!IgnoredSignals.hangup()) {
        demo.awaitLogged("event=hangup ");
      }
      demo.signal("TERM");
      assertEquals(0, demo.exit(), demo.err());
    }
  }

  private String[] demo() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("relay.listen", "127.0.0.1:0");
    settings.put("admin.listen", "127.0.0.1:0");
    settings.put("upstream.demo.url", "http://127.0.0.1:" + FreePort.choose());
    settings.put("upstream.mortal.url", "http://127.0.0.1:" + FreePort.choose());
    TestPostgres.lendBinaries(dir.resolve("demo"));
    settings.put("store.dir", dir.resolve("demo").toString());
    settings.put("journal.dir", dir.resolve("journal").toString());
    List<String> args = new ArrayList<>(List.of("demo"));
    settings.forEach((key, value) -> args.addAll(List.of("--set", key + "=" + value)));
    return args.toArray(String[]::new);
  }

  private static void assertDialectsAreShown(String out, List<Map<String, String>> rows) {
    List<MatchResult> shown =
        Pattern.compile("== (.+)\n(.+)\n  row: (dialect=.+)\n").matcher(out).results().toList();
    assertEquals(
        List.of("OpenAI chat completions", "OpenAI Responses", "Anthropic Messages", "Gemini"),
        shown.stream().map(result -> result.group(1)).toList());
    List<String> dialects = List.of("openai-chat", "openai-responses", "anthropic", "gemini");
    for (int i = 0; i < 4; i++) {
      assertTrue(shown.get(i).group(2).split(" ", -1).length > 10, shown.get(i).group(2));
      Map<String, String> row = rows.get(i);
      assertEquals(dialects.get(i), row.get("dialect"));
      assertShown(shown.get(i).group(3), row);
      assertEquals("completed", row.get("outcome"));
      assertEquals("final", row.get("usage_state"));
      long prompt = Long.parseLong(row.get("prompt_tokens"));
      long completion = Long.parseLong(row.get("completion_tokens"));
      assertTrue(prompt > 0 && completion > 0);
      assertEquals(prompt + completion, Long.parseLong(row.get("total_tokens")));
    }
  }

  private static void assertAFailoverIsShown(String out, List<Map<String, String>> rows) {
    List<MatchResult> shown =
        Pattern.compile("  row: (attempt=.+)\n").matcher(out).results().toList();
    List<String> tries = List.of("1 mortal 503 false", "2 demo 200 true", "1 mortal 200 true");
    assertEquals(tries.size(), shown.size(), out);
    for (int i = 0; i < tries.size(); i++) {
      Map<String, String> row = rows.get(i);
      assertShown(shown.get(i).group(1), row);
      List<String> told =
          List.of(
              row.get("attempt"),
              row.get("upstream"),
              row.get("http_status"),
              row.get("delivered"));
      assertEquals(tries.get(i), String.join(" ", told));
      assertEquals(rows.get(i < 2 ? 0 : 2).get("id"), row.get("call"));
    }
  }

  private static void assertShown(String line, Map<String, String> row) {
    for (String pair : line.split(" +", -1)) {
      String[] column = pair.split("=", 2);
      String value = row.get(column[0]);
      assertEquals(value == null ? "-" : value, column[1], column[0]);
    }
  }

  private static RelayProcess serve(Provider provider, String... more) throws IOException {
    Path config =
        Files.writeString(
            kept.resolve("relay.properties"),
            """
            relay.listen=127.0.0.1:0
            admin.listen=127.0.0.1:0
            upstream.test.url=%s
            route.test.path=/
            route.test.upstream=test
            store.url=embedded
            """
                .formatted(provider.url()));
    List<String> args = new ArrayList<>(List.of("serve", config.toString()));
    args.addAll(List.of("--set", "store.dir=" + kept.resolve("postgres")));
    args.addAll(List.of(more));
    return new RelayProcess(kept, args.toArray(String[]::new));
  }

  private static Map<String, String> onlyRowAfterARestart(String path, String signal)
      throws Exception {
    try (Provider provider = new Provider((request, answer) -> {});
        RelayProcess again = serve(provider)) {
      List<Map<String, String>> rows = List.of();
      long deadline = System.nanoTime() + Patience.NANOS;
      while (rows.isEmpty() && System.nanoTime() < deadline) { // what the journal had comes soon
        rows =
            records(again.adminPort()).stream()
                .filter(row -> row.get("path").equals(path))
                .toList();
      }
      assertEquals(1, rows.size(), rows.toString());
      again.signal(signal);
      assertEquals(0, again.exit(), again.err());
      return rows.get(0);
    }
  }

  private static void awaitRefusal(int port) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (System.nanoTime() < deadline) {
      try {
        new RawClient(port).close();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      } catch (ConnectException refused) {
        return;
      }
    }
    throw new AssertionError("new connections are still taken");
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** The newest first. */
  private static List<Map<String, String>> records(int admin) throws Exception {
    String body = get(admin, "/records").body();
    List<Map<String, String>> rows = new ArrayList<>();
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), body)) {
      int depth = 0;
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (token == JsonToken.START_OBJECT && depth == 3) {
          rows.add(new LinkedHashMap<>());
        } else if (token.isScalarValue() && depth == 3) {
          rows.get(rows.size() - 1).put(json.currentName(), json.getValueAsString());
        }
      }
    }
    return rows;
  }
}
