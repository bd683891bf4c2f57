package dev.tailtap.admin;

import dev.tailtap.config.AdminConfig;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.keys.Keyring;
import dev.tailtap.loop.Transport;
import dev.tailtap.rig.RawClient;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.CallGroup;
import dev.tailtap.store.FakeReads;
import dev.tailtap.store.StoreState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** An admin port with made-up figures. */
final class AdminPort implements AutoCloseable {
  static final Duration PERIOD = Duration.ofMillis(20);
  static final LimitsPage LIMITS =
      new LimitsPage(
          LimitsPage.Shared.AWAY,
          List.of(
              new LimitsPage.Limit(
                  "acme",
                  true,
                  3,
                  List.of(
                      new LimitsPage.Bucket(
                          Map.of("tenant", "t-1"),
                          new LimitsPage.Part(1.5, 60),
                          null,
                          new LimitsPage.Part(1, 2),
                          new LimitsPage.Budget(
                              7,
                              1000,
                              "tokens",
                              false,
                              Instant.parse("2026-03-01T00:00:00Z"),
                              Instant.parse("2026-04-01T00:00:00Z"),
                              2.5),
                          12.25,
                          4)))));

  final Stats stats = new Stats();
  final FakeReads reads = new FakeReads();
  final FakeSettings settings = new FakeSettings();
  final AtomicInteger looks = new AtomicInteger(); // at the upstreams, for one event each
  volatile UpstreamStates upstreams = upstreams(1);
  volatile Readiness readiness = Readiness.READY;
  private final AdminServer server;

  /** Claims the port. */
  static AdminServer bind(AdminConfig config) throws IOException {
    return AdminServer.bind(config, Transport.of(TransportChoice.AUTO), -1);
  }

  AdminPort(String token, String... hosts) throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    server = bind(new AdminConfig(any, List.of(hosts), token));
    AdminSources sources =
        new AdminSources(
            stats,
            () -> readiness,
            () -> new Concurrency(3, 10, 5, Map.of()),
            this::look,
            (name, most) -> LIMITS,
            () -> new StoreState(false, 2, 40, 8, 64, 100, 10),
            reads,
            settings,
            new Keyring(InstantSource.system()),
            AdminPort::explained);
    server.serve(sources, PERIOD);
  }

  int port() {
    return server.port();
  }

  RawClient client() throws IOException {
    return new RawClient(port());
  }

  /** One request with a connection of its own. */
  RawClient.Answer get(String path, String... fields) throws IOException {
    try (RawClient client = client()) {
      return client.send(request("GET", path, fields)).answer();
    }
  }

  int health() throws IOException {
    return get("/healthz").status();
  }

  static String request(String method, String path, String... fields) {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    if (List.of(fields).stream().noneMatch(field -> field.startsWith("Host:"))) {
      head.append("Host: localhost\r\n");
    }
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  static UpstreamStates upstreams(int count) {
    UpstreamStates.Standing out =
        new UpstreamStates.Standing("out", "failures", Instant.parse("2026-01-01T00:00:10Z"));
    UpstreamStates.Upstream one = new UpstreamStates.Upstream("one", out, 3, List.of());
    return new UpstreamStates(java.util.Collections.nCopies(count, one));
  }

  /** As the doctor would. */
  static Explanation explained(CallGroup calls) {
    boolean free = calls.httpStatus() >= 400;
    return new Explanation(
        free ? "refused" : "nobody asked", free ? "nothing" : "ask", "note=" + calls.note(), free);
  }

  private UpstreamStates look() {
    looks.incrementAndGet();
    return upstreams;
  }

  @Override
  public void close() {
    server.close();
  }
}
