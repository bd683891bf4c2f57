package dev.tailtap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.OtlpCollector;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drives keys, prompts and answers through every path, good and bad, and then looks for them in all
 * that a relay leaves behind.
 */
@Rule(
    value = "Keys, prompts and answers are in no log, error, metric, row, page or file",
    source = "SECURITY.md")
class SecretsTest {
  private static final String SECRET = "tt-secret";
  private static final String PROMPT =
      "{\"model\":\"m-1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"prompt-"
          + SECRET
          + "\"}]}";
  private static final List<String> LOUD =
      List.of(
          "-Dtailtap.log.io.netty=debug",
          "-Dtailtap.log.com.zaxxer.hikari=debug",
          "-Dtailtap.log.io.zonky=debug");

  /** Virtual keys: one that is good, one that is revoked, one that nobody knows. */
  private static final List<String> VIRTUAL =
      List.of(IssuedKeys.unknown(), IssuedKeys.unknown(), IssuedKeys.unknown());

  /** The places in which one may be shown, and others in which it has no business. */
  private static final List<String> VIRTUAL_PLACES =
      List.of(
          "POST %s HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer KEY\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nAuthorization: KEY\r\nX-Session-Id: KEY\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nX-Api-Key: KEY\r\nUser-Agent: KEY/1\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nx-goog-api-key: KEY\r\nX-Team: a KEY\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\napi-key: KEY\r\n",
          "POST %s/KEY/x HTTP/1.1\r\nHost: relay\r\napi-key: KEY\r\n",
          "POST %s?key=KEY HTTP/1.1\r\nHost: relay\r\n",
          "POST http://relay%s?alt=sse&%%6bey=KEY HTTP/1.1\r\nHost: relay\r\n");

  /** Each place in which a client may show its key, with the line and the fields of a request. */
  private static final List<String> KEYS =
      List.of(
          "POST %s HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer a-tt-secret\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nAuthorization: Basic b-tt-secret\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nX-Api-Key: c-tt-secret\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nx-goog-api-key: d-tt-secret\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\napi-key: e-tt-secret\r\n",
          "POST %s HTTP/1.1\r\nHost: relay\r\nCookie: k=f-tt-secret\r\n",
          "POST %s?key=g-tt-secret HTTP/1.1\r\nHost: relay\r\n",
          "POST %s?a=b&access_token=h-tt-secret HTTP/1.1\r\nHost: relay\r\n",
          "POST http://relay%s?key=i-tt-secret HTTP/1.1\r\nHost: relay\r\n",
          "POST http://u:j-tt-secret@relay%s HTTP/1.1\r\nHost: relay\r\n");

  /** What makes a request, with any key above, one that breaks a rule or a limit. */
  private static final List<String> BREAKAGES =
      List.of(
          "Host: again\r\n",
          "Bad Name: k-tt-secret\r\n",
          "Expect: l-tt-secret\r\n",
          "Content-Length: m-tt-secret\r\n",
          "Transfer-Encoding: n-tt-secret\r\n",
          "X-Large: " + "o-tt-secret".repeat(400) + "\r\n",
          "Content-Length: 99999999\r\n");

  @TempDir private Path dir;

  @Test
  void whatCallersSendIsFoundNowhere() throws Exception {
    String database = TestPostgres.freshDatabase();
    try (Provider provider = new Provider(SecretsTest::answer);
        OtlpCollector collector = new OtlpCollector();
        RelayProcess relay = serve(told(settings(database, provider), collector))) {
      int port = relay.port();
      StringBuilder errors = new StringBuilder();
      int rows = 0;
      for (String key : KEYS) {
        for (String end : List.of("whole", "echo", "cut", "none", "bad", "error", "gone")) {
          rows += call(port, key.formatted("/p/" + end + "/v1/chat/completions"), errors);
        }
        rows += call(port, key.formatted("/away/v1/messages"), errors);
        rows += call(port, key.formatted("/tls/v1beta/models/m:generateContent"), errors);
        call(port, key.formatted("/nowhere"), errors);
        for (String breakage : BREAKAGES) {
          broken(port, key.formatted("/p/whole/v1/x") + breakage, errors);
        }
      }
      rows += virtual(port, errors);
      assertTrue(errors.toString().contains("invalid_api_key"), "no key was refused");
      assertTrue(errors.toString().contains("upstream_unreachable"), "no error of the relay came");
      assertTrue(errors.toString().contains("bad_request"), "no refusal came");
      awaitRows(database, rows);
      assertNoSecret("answers of the relay's own", errors.toString());
      lookIntoPages(relay.adminPort());
      lookIntoTables(database);
      relay.signal("TERM");
      assertEquals(0, relay.exit());
      assertTrue(relay.err().contains("usage extracted upstream=p"), "usage was not logged");
      assertNoSecret("standard output", relay.out());
      assertNoSecret("the log", relay.err());
      lookIntoFiles();
      String lines = Files.readString(dir.resolve("calls.log"));
      assertTrue(lines.lines().count() >= rows, "a call has no line");
      assertNoSecret("log.calls", lines);
      assertTrue(collector.spans(0).size() >= 2 * rows, "a call has no span");
      assertNoSecret("trace.otlp", String.join("\n", collector.requests()));
    }
  }

  /** Good keys on every path, and wrong ones that are refused. */
  private static int virtual(int port, StringBuilder errors) throws IOException {
    int rows = 0;
    for (String place : VIRTUAL_PLACES) {
      String good = place.replace("KEY", VIRTUAL.get(0));
      for (String end : List.of("whole", "echo", "cut", "none", "bad", "error", "gone")) {
        rows += call(port, good.formatted("/v/" + end + "/v1/chat/completions"), errors);
      }
      for (String breakage : BREAKAGES) {
        broken(port, good.formatted("/v/whole/v1/x") + breakage, errors);
      }
      call(port, good.formatted("/nowhere"), errors);
      for (String wrong : List.of(VIRTUAL.get(1), VIRTUAL.get(2), VIRTUAL.get(0) + "x")) {
        broken(port, place.replace("KEY", wrong).formatted("/v/whole/v1/x"), errors);
      }
    }
    return rows;
  }

  /** With a line and spans for each call. */
  private Map<String, String> told(Map<String, String> settings, OtlpCollector collector) {
    settings.put("log.calls", dir.resolve("calls.log").toString());
    settings.put("trace.otlp", collector.url());
    return settings;
  }

  @Test
  void theLoginOfADatabaseThatIsAwayIsNotLogged() throws Exception {
    try (Provider provider = new Provider(SecretsTest::answer)) {
      String url = "jdbc:postgresql://127.0.0.1:1/db?user=u&password=p-" + SECRET;
      Map<String, String> settings = settings(url, provider);
      try (RelayProcess relay = serve(settings)) {
        relay.awaitLogged("event=database_away");
        assertNoSecret("standard output", relay.out());
        assertNoSecret("the log", relay.err());
      }
    }
  }

  @Test
  void mistakesInSettingsAreToldWithoutSecrets() throws Exception {
    try (Provider provider = new Provider(SecretsTest::answer)) {
      Map<String, String> settings = settings("jdbc:mysql://u:" + SECRET + "@h/d", provider);
      settings.put("admin.token", "no spaces " + SECRET);
      settings.put("upstream.p.header.X-Key", "\u00e9" + SECRET);
      settings.put("upstream.p.url", "https://u:" + SECRET + "@host?key=" + SECRET);
      try (RelayProcess relay = serve(settings)) {
        assertEquals(2, relay.exit());
        assertTrue(relay.err().contains("4 mistakes"), relay.err());
        assertNoSecret("standard output", relay.out());
        assertNoSecret("the mistakes", relay.err());
      }
    }
  }

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    String echo = "{\"error\":{\"message\":\"no such key: " + request.fields() + SECRET + "\"}}";
    String event =
        "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":\"answer-"
            + SECRET
            + "\"}}]}\n\n";
    switch (request.line().split("/", 4)[2]) {
      case "whole" ->
          answer.chunkedHead("text/event-stream").chunk(event).chunk(usage()).lastChunk();
      case "echo" -> answer.whole(401, "application/json", echo);
      case "cut" -> answer.chunkedHead("text/event-stream").chunk(event).reset();
      case "none" -> answer.reset();
      case "bad" -> answer.send("HTTP/1.1 200 OK\r\nBad Name: " + SECRET + "\r\n\r\n").close();
      case "error" ->
          answer.chunkedHead("text/event-stream").chunk("data: " + echo + "\n\n").lastChunk();
      default -> answer.chunkedHead("text/event-stream").chunk(event).awaitClose();
    }
  }

  private static String usage() {
    return "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
        + "\"completion_tokens\":4,\"total_tokens\":7}}\n\ndata: [DONE]\n\n";
  }

  /** One row, whatever comes of it, unless the relay refuses it. */
  private static int call(int port, String head, StringBuilder errors) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(head + "Content-Length: " + PROMPT.length() + "\r\n\r\n" + PROMPT);
      RawClient.Answer answer = client.head();
      if (head.contains("/gone/") && answer.status() == 200) {
        return 1; // and leaves
      }
      byte[] body = rest(client, answer);
      boolean own = answer.status() >= 400 && answer.status() != 401;
      errors.append(own ? answer.fields() + new String(body, ISO_8859_1) + "\n" : "");
      return answer.status() == 400 || answer.status() == 404 ? 0 : 1;
    }
  }

  private static void broken(int port, String head, StringBuilder errors) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(head + "\r\n");
      RawClient.Answer answer = client.answer();
      assertTrue(answer.status() >= 400, head);
      errors.append(answer.fields()).append(answer.text()).append('\n');
    }
  }

  private static byte[] rest(RawClient client, RawClient.Answer head) throws IOException {
    String length = head.fields().get("content-length");
    return length == null
        ? new byte[0]
        : client.read(Integer.parseInt(length)).getBytes(ISO_8859_1);
  }

  private static void awaitRows(String database, int rows) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    String count = "select count(*) from usage_record";
    while (Integer.parseInt(FrailPostgres.ask(database, count)) < rows) {
      assertTrue(System.nanoTime() < deadline, "not all rows came");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    assertEquals(Integer.toString(rows), FrailPostgres.ask(database, count));
  }

  private static void lookIntoPages(int port) throws IOException {
    List<String> pages =
        List.of(
            "/",
            "/metrics",
            "/config",
            "/records?limit=1000",
            "/stats?by=tenant",
            "/stats?by=model");
    for (String page : pages) {
      try (RawClient client = new RawClient(port)) {
        client.send(
            "GET "
                + page
                + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Authorization: Bearer admin-"
                + SECRET
                + "\r\n\r\n");
        RawClient.Answer answer = client.answer();
        assertEquals(200, answer.status(), page);
        assertNoSecret(page, answer.text());
      }
    }
    for (String wrong : List.of("Bearer other-" + SECRET, "Basic " + SECRET)) {
      try (RawClient client = new RawClient(port)) {
        client.send(
            "GET /"
                + SECRET
                + "?"
                + SECRET
                + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Authorization: "
                + wrong
                + "\r\n\r\n");
        assertNoSecret("a refusal", client.answer().text());
      }
    }
  }

  private static void lookIntoTables(String database) throws Exception {
    for (String table : List.of("usage_record", "usage_hour", "usage_dead_letter")) {
      String all = "select string_agg(t::text, E'\\n') from " + table + " t";
      String rows = FrailPostgres.ask(database, all);
      assertNoSecret(table, rows == null ? "" : rows);
    }
    String tenants = "select count(distinct tenant) from usage_record";
    assertTrue(Integer.parseInt(FrailPostgres.ask(database, tenants)) >= 5, "no tenants were told");
  }

  private void lookIntoFiles() throws IOException {
    try (Stream<Path> files = Files.walk(dir.resolve("journal"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertNoSecret(file.toString(), Files.readString(file, ISO_8859_1));
      }
    }
  }

  private static void assertNoSecret(String where, String text) {
    List<String> hunted = new ArrayList<>(List.of(SECRET));
    VIRTUAL.forEach(key -> hunted.add(key.substring(3, 35)));
    for (String secret : hunted) {
      int found = text.indexOf(secret);
      assertFalse(
          found >= 0,
          () -> where + ": " + text.substring(Math.max(0, found - 200), found + secret.length()));
    }
  }

  private Map<String, String> settings(String database, Provider provider) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    IssuedKeys keys = new IssuedKeys();
    keys.add(VIRTUAL.get(0), "vk_good", "tenant=of a key; tag.place=here");
    keys.add(VIRTUAL.get(1), "vk_revoked", "tenant=t; disabled=true");
    settings.put("keys.file", keys.path());
    settings.put("keys.required", "false");
    settings.put("tag.team", "header:X-Team");
    settings.put("upstream.v.url", provider.url());
    settings.put("upstream.v.key.first", "pool-" + SECRET);
    settings.put("log.level", "debug");
    settings.put("relay.listen", "127.0.0.1:0");
    settings.put("admin.listen", "127.0.0.1:0");
    settings.put("admin.token", "admin-" + SECRET);
    settings.put("limits.request-head", "2KiB");
    settings.put("limits.request-body", "32MiB");
    settings.put("upstream.p.url", provider.url());
    settings.put("upstream.p.header.X-Own-Key", "own-" + SECRET);
    settings.put("upstream.away.url", "http://127.0.0.1:1");
    settings.put("upstream.tls.url", provider.url().replace("http:", "https:"));
    settings.put("upstream.tls.connect-timeout", "100ms");
    for (String name : List.of("p", "v", "away", "tls")) {
      settings.put("route." + name + ".path", "/" + name);
      settings.put("route." + name + ".upstream", name);
    }
    settings.put("journal.dir", dir.resolve("journal").toString());
    settings.put("store.url", database);
    settings.put("store.password", "db-" + SECRET);
    return settings;
  }

  private RelayProcess serve(Map<String, String> settings) throws IOException {
    List<String> lines = new ArrayList<>();
    settings.forEach((key, value) -> lines.add(key + "=" + value));
    Path config = Files.write(dir.resolve("relay.properties"), lines);
    return new RelayProcess(LOUD, dir, "serve", config.toString());
  }
}
