package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.AdminConfig;
import dev.tailtap.keys.Keyring;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.BuildInfo;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.FakeReads;
import dev.tailtap.store.StoreState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {
  /** Neither sorted nor in any order that a hash would give. */
  private static final List<String> UPSTREAMS = List.of("two", "one", "zeta", "alpha", "mid", "b");

  private static final UpstreamStates.Standing OK = new UpstreamStates.Standing("ok", null, null);
  private static final UpstreamStates STATES =
      new UpstreamStates(
          List.of(
              new UpstreamStates.Upstream(
                  "two",
                  OK,
                  3,
                  List.of(
                      new UpstreamStates.Key(
                          "team-a",
                          new UpstreamStates.Standing(
                              "parked", "429", Instant.parse("2026-01-01T00:00:30Z")),
                          0),
                      new UpstreamStates.Key("b", OK, 0))),
              new UpstreamStates.Upstream(
                  "one",
                  new UpstreamStates.Standing(
                      "out", "failures", Instant.parse("2026-01-01T00:00:10.5Z")),
                  0,
                  List.of(new UpstreamStates.Key(null, OK, 2)))));

  private static final StoreState STORE = new StoreState(true, 2, 40, 8, 64, 100, 10);

  private final HttpClient client = HttpClient.newHttpClient();
  private final Stats stats = new Stats();
  private final AtomicReference<Readiness> readiness = new AtomicReference<>(Readiness.READY);
  private final FakeReads reads = new FakeReads();
  private AdminServer server;

  @BeforeEach
  void open() throws IOException {
    server = server("");
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void healthIsAlwaysOkAndReadinessSaysWhyNot() throws Exception {
    assertEquals("ok\n", get("/healthz").body());
    for (Readiness now : Readiness.values()) {
      readiness.set(now);
      HttpResponse<String> answer = get("/readyz");
      boolean ready = now == Readiness.READY;
      assertEquals(ready ? 200 : 503, answer.statusCode());
      assertEquals(ready ? "ready\n" : "not ready: " + now.reason() + "\n", answer.body());
      assertEquals(200, get("/healthz").statusCode());
    }
  }

  @Test
  void whatRunsIsAFigure() throws Exception {
    BuildInfo build = BuildInfo.read();
    String line =
        "\ntailtap_build_info{java=\""
            + build.java()
            + "\",version=\""
            + build.version()
            + "\"} 1\n";
    String page = get("/metrics").body();
    assertTrue(page.contains(line), page);
    assertTrue(build.version().matches("\\d+\\.\\d+.*"), build.version());
  }

  @Test
  void theProcessTellsItsMemoryItsFilesAndItsCollector() throws Exception {
    String page = get("/metrics").body();
    for (String begin :
        List.of(
            "jvm_memory_used_bytes{area=\"heap\"} ",
            "jvm_memory_max_bytes{area=\"heap\"} ",
            "jvm_gc_collection_seconds_count{gc=",
            "jvm_buffer_pool_used_bytes{pool=\"direct\"} ",
            "tailtap_direct_memory_bytes ",
            "tailtap_direct_memory_limit_bytes ",
            "process_open_fds ")) {
      assertTrue(page.contains("\n" + begin), begin + " in\n" + page);
    }
  }

  @Test
  void whoComesBeforeItServesWaitsAndIsServed() throws Exception {
    AdminConfig config =
        new AdminConfig(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(), "");
    try (AdminServer early = AdminPort.bind(config);
        RawClient waiting = new RawClient(early.port())) {
      waiting.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      early.serve(
          new AdminSources(stats, readiness::get, null, null, null, null, reads, null, null, null));
      assertEquals(200, waiting.answer().status());
    }
  }

  @Test
  void oneThatNeverServedGivesItsAddressBack() throws Exception {
    AdminConfig any =
        new AdminConfig(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(), "");
    AdminServer idle = AdminPort.bind(any);
    AdminConfig same =
        new AdminConfig(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), idle.port()), List.of(), "");
    idle.close();
    AdminPort.bind(same).close();
  }

  @Test
  void metricsComeInTheFormatThatIsAskedFor() throws Exception {
    stats.count(Metric.REQUESTS);
    HttpResponse<String> plain = get("/metrics");
    assertTrue(plain.body().contains("\ntailtap_requests_total 1.0\n"), plain.body());
    assertTrue(plain.body().contains("\nprocess_start_time_seconds "), plain.body());
    HttpRequest request =
        request("/metrics").header("Accept", "application/openmetrics-text; version=1.0.0").build();
    HttpResponse<String> open = client.send(request, BodyHandlers.ofString());
    assertTrue(open.body().endsWith("# EOF\n"), open.body());
  }

  @Test
  void statsAreTotalsAndGroups() throws Exception {
    HttpResponse<String> response = get("/stats?from=2026-01-01&to=1767312000&by=model");
    assertEquals(
        """
        {"totals":{"calls":3,"calls_with_usage":2,"prompt_tokens":30,"completion_tokens":12,"total_tokens":42,"delivered":2,"cost":0.0012345,"currency":"USD","unpriced_calls":1},\
        "groups":[{"key":"a \\"b\\"","calls":3,"calls_with_usage":2,"prompt_tokens":30,"completion_tokens":12,"total_tokens":42,"delivered":2,"cost":0.0012345,"currency":"USD","unpriced_calls":1}]}
        """,
        response.body());
    assertEquals("application/json", response.headers().firstValue("Content-Type").orElseThrow());
    assertEquals("stats 2026-01-01T00:00:00Z 2026-01-02T00:00:00Z model", reads.questions().get(0));
  }

  @Test
  void statsAreAlsoATableForASpreadsheet() throws Exception {
    HttpResponse<String> response = get("/stats?format=csv&by=model");
    assertEquals(
        "key,calls,calls_with_usage,prompt_tokens,completion_tokens,total_tokens,delivered,cost,currency,unpriced_calls\r\n"
            + "\"a \"\"b\"\"\",3,2,30,12,42,2,0.0012345,USD,1\r\n",
        response.body());
    assertEquals(
        "text/csv; charset=utf-8", response.headers().firstValue("Content-Type").orElseThrow());
  }

  @Test
  void noNameIsAFormulaInASpreadsheet() throws Exception {
    String body = get("/stats?format=csv&by=tenant").body();
    assertTrue(body.contains("\r\n'=HYPERLINK(1),3,"), body);
  }

  @Test
  void anOffsetMayBeWrittenWithABarePlus() throws Exception {
    get("/stats?from=2026-01-01T00:00:00+01:00");
    assertTrue(reads.questions().get(0).startsWith("stats 2025-12-31T23:00:00Z "));
    get("/stats?from=2026-01-01T00:00:00");
    assertTrue(reads.questions().get(1).startsWith("stats 2026-01-01T00:00:00Z "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/stats?from=yesterday",
        "/stats?from=2026-02-30",
        "/stats?to=2026-01-01T00:00:00Zulu",
        "/stats?from=2026-01-02&to=2026-01-01",
        "/stats?from=1969-12-31",
        "/stats?to=10000-01-01T00:00:00Z",
        "/stats?by=colour",
        "/stats?by=route",
        "/stats?format=xml",
        "/stats?form=2026-01-01",
        "/stats?by=day&by=hour",
        "/records?limit=0",
        "/records?limit=1001",
        "/records?limit=99999999999",
        "/records?usage_state=lost",
        "/records?offset=1",
        "/records?before=yesterday",
        "/records?before=1_00000000-0000-0001-0000-00000000000",
        "/records?outcome=lost",
        "/records?status=0",
        "/records?tag=team",
        "/records?from=2026-01-02&to=2026-01-01",
        "/concurrency?x=1",
        "/upstreams?name=a",
      })
  void aBadParameterIsRefusedInTheErrorShape(String path) throws Exception {
    HttpResponse<String> response = get(path);
    assertEquals(400, response.statusCode());
    assertTrue(response.body().startsWith("{\"error\":{\"message\":\""), response.body());
    assertTrue(response.body().contains("\"code\":\"bad_parameter\""), response.body());
    assertTrue(reads.questions().isEmpty());
  }

  @Test
  void recordsKeepTypesAndNulls() throws Exception {
    HttpResponse<String> response = get("/records?limit=1&usage_state=final");
    assertEquals(
        """
        {"records":[{"started_at":"2026-01-01T00:00:00Z","streamed":true,"prompt_tokens":7,"error":null,"session":"=1+1"}],\
        "next":"1767225600000001_00000000-0000-0001-0000-000000000002","looked_back_to":null}
        """,
        response.body());
    assertEquals("records 1 final", reads.questions().get(0));
  }

  @Test
  void concurrencyShowsWhatTheSupplierSaysInTheOrderOfTheConfiguration() throws Exception {
    String upstreams =
        UPSTREAMS.stream()
            .map(name -> "\"" + name + "\":{\"active\":2,\"max\":10,\"peak\":4}")
            .collect(Collectors.joining(","));
    assertEquals(
        "{\"active\":2,\"max\":10,\"peak\":5,\"upstreams\":{" + upstreams + "}}\n",
        get("/concurrency").body());
  }

  @Test
  void upstreamsShowWhyAndUntilWhenTheyAreNotAsked() throws Exception {
    assertEquals(
        """
        {"upstreams":[{"name":"two","state":"ok","reason":null,"until":null,"streams":3,"keys":[\
        {"label":"team-a","state":"parked","reason":"429","until":"2026-01-01T00:00:30Z"},\
        {"label":"b","state":"ok","reason":null,"until":null}]},\
        {"name":"one","state":"out","reason":"failures","until":"2026-01-01T00:00:10.500Z","streams":0,"keys":[\
        {"label":null,"state":"ok","reason":null,"until":null,"callers_parked":2}]}]}
        """,
        get("/upstreams").body());
  }

  @Test
  void aDatabaseThatIsAwayIsA503AndHealthGoesOn() throws Exception {
    reads.away();
    HttpResponse<String> response = get("/stats");
    assertEquals(503, response.statusCode());
    assertTrue(response.body().contains("\"code\":\"database_unavailable\""), response.body());
    assertEquals(200, get("/healthz").statusCode());
  }

  @Test
  void aHangingDatabaseTakesTwoThreadsAndNoMore() throws Exception {
    CountDownLatch release = reads.hang();
    var first = getLater("/stats");
    var second = getLater("/records");
    reads.awaitReaders(2);
    assertEquals(503, get("/stats").statusCode());
    assertEquals(200, get("/healthz").statusCode());
    release.countDown();
    assertEquals(200, first.get().statusCode());
    assertEquals(200, second.get().statusCode());
    assertEquals(200, get("/stats").statusCode());
  }

  @Test
  void onlyGetAndHeadAreAnswered() throws Exception {
    HttpRequest post = request("/stats").POST(HttpRequest.BodyPublishers.ofString("{}")).build();
    HttpResponse<String> response = client.send(post, BodyHandlers.ofString());
    assertEquals(405, response.statusCode());
    assertEquals("GET, HEAD", response.headers().firstValue("Allow").orElseThrow());
    HttpRequest head =
        request("/healthz").method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
    HttpResponse<String> empty = client.send(head, BodyHandlers.ofString());
    assertEquals(200, empty.statusCode());
    assertEquals("3", empty.headers().firstValue("Content-Length").orElseThrow());
  }

  @Test
  void anUnknownPageIsA404AndTheIndexListsTheOthers() throws Exception {
    assertEquals(404, get("/nothing").statusCode());
    assertTrue(get("/").body().contains("/records"));
  }

  @Test
  void aTokenGuardsEverythingButTheHealthPair() throws Exception {
    server.close();
    server = server("s3cret");
    assertEquals(200, get("/healthz").statusCode());
    assertEquals(200, get("/readyz").statusCode());
    HttpResponse<String> refused = get("/stats");
    assertEquals(401, refused.statusCode());
    assertEquals("Bearer", refused.headers().firstValue("WWW-Authenticate").orElseThrow());
    assertEquals(401, get("/nothing").statusCode());
    assertEquals(401, withToken("Bearer s3cre").statusCode());
    assertEquals(200, withToken("Bearer s3cret").statusCode());
  }

  @Test
  @Rule(
      value = "Without a token, who names a host of his own is not answered (DNS rebinding)",
      source = "SECURITY.md")
  void aNameThatAStrangerChoseIsNotAnswered() throws Exception {
    for (String host :
        List.of("rebound.example", "rebound.example:9090", "127.0.0.1.example", "")) {
      assertEquals(421, status("/records", host), host);
      assertEquals(200, status("/healthz", host), host);
    }
    for (String host : List.of("localhost", "LocalHost:1", "127.0.0.1:9090", "[::1]:9090")) {
      assertEquals(200, status("/records", host), host);
    }
    assertTrue(reads.questions().stream().allMatch("records 100 null"::equals));
    server.close();
    server = server("s3cret");
    assertEquals(401, status("/records", "rebound.example"));
    assertEquals(200, withToken("Bearer s3cret").statusCode());
  }

  private int status(String path, String host) throws IOException {
    try (RawClient raw = new RawClient(server.port())) {
      return raw.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").answer().status();
    }
  }

  private AdminServer server(String token) throws IOException {
    AdminConfig config =
        new AdminConfig(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(), token);
    Map<String, Concurrency.Upstream> upstreams = new LinkedHashMap<>();
    for (String name : UPSTREAMS) {
      upstreams.put(name, new Concurrency.Upstream(2, 10, 4));
    }
    AdminServer opened = AdminPort.bind(config);
    opened.serve(
        new AdminSources(
            stats,
            readiness::get,
            () -> new Concurrency(2, 10, 5, upstreams),
            () -> STATES,
            (name, most) -> AdminPort.LIMITS,
            () -> STORE,
            reads,
            null,
            Keyring.empty(),
            AdminPort::explained));
    return opened;
  }

  private HttpResponse<String> withToken(String credentials) throws Exception {
    HttpRequest request = request("/stats").header("Authorization", credentials).build();
    return client.send(request, BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private CompletableFuture<HttpResponse<String>> getLater(String path) {
    return client.sendAsync(request(path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }
}
