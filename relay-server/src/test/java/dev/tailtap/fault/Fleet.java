package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.PgBouncer;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Three relays as processes, which have their limits in one Redis and their rows in one PostgreSQL
 * behind a PgBouncer, and callers who show virtual keys. A tenant asks for the model of its name.
 */
final class Fleet implements AutoCloseable {
  static final int SIZE = 3;

  private static final Pattern USED = Pattern.compile("\"budget\":\\{\"used\":([0-9.Ee]+)");

  final RedisServer redis;
  final CountingProvider provider = new CountingProvider();
  private final Path dir;
  private final String database = TestPostgres.freshDatabase();
  private final PgBouncer bouncer;
  private final IssuedKeys keys = new IssuedKeys();
  private final Map<String, String> keyOf = new ConcurrentHashMap<>();
  private final List<String> limits;
  private final RelayProcess[] relays = new RelayProcess[SIZE];
  private final int[] ports = new int[SIZE]; // of the processes at present

  /** Starts all of it, with further settings of each relay. */
  Fleet(Path dir, List<String> tenants, List<String> limits) throws Exception {
    this.dir = dir;
    this.limits = List.copyOf(limits);
    redis = new RedisServer(dir);
    bouncer = new PgBouncer(dir, database, "postgres", "none");
    for (String tenant : tenants) {
      keyOf.put(tenant, keys.issue("vk_" + tenant, "tenant=" + tenant));
    }
    for (int relay = 0; relay < SIZE; relay++) {
      launch(relay);
    }
    for (int relay = 0; relay < SIZE; relay++) {
      ports[relay] = relays[relay].port();
    }
    awaitShared(true);
  }

  private void launch(int relay) throws Exception {
    Path home = Files.createDirectories(dir.resolve("relay-" + relay));
    List<String> lines =
        new ArrayList<>(
            List.of(
                "relay.listen=127.0.0.1:0",
                "relay.loops=1",
                "relay.instance=relay-" + relay,
                "admin.listen=127.0.0.1:0",
                "upstream.test.url=" + provider.url(),
                "upstream.test.key.first=" + CountingProvider.KEY,
                "route.test.path=/",
                "route.test.upstream=test",
                "journal.dir=" + home.resolve("journal"),
                "store.url=" + bouncer.through(database),
                "store.pool-size=1",
                "keys.file=" + keys.path(),
                "budget.refresh=200ms",
                "limits.relays=" + SIZE,
                "limits.shared-timeout=2s", // a machine that is busy is not a server that is away
                "limits.shared=redis://127.0.0.1:" + redis.port()));
    lines.addAll(limits);
    Path config = Files.write(home.resolve("relay.properties"), lines);
    relays[relay] = new RelayProcess(home, "serve", config.toString());
  }

  /** One after it was killed, with the journal that it left. */
  void start(int relay) throws Exception {
    launch(relay);
    ports[relay] = relays[relay].port();
  }

  /** As by kill -9; returns once it is gone. */
  void kill(int relay) throws Exception {
    relays[relay].signal("KILL");
    relays[relay].exit();
  }

  RawClient client(int relay) throws IOException {
    return new RawClient(ports[relay]);
  }

  /** A whole request of a tenant. */
  byte[] request(String tenant, String more) {
    String body = "{\"model\":\"" + tenant + "\"" + more + ",\"messages\":[]}";
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer "
            + keyOf.get(tenant)
            + "\r\nContent-Length: ";
    return (head + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII);
  }

  /** What one call of a tenant is told: 200, or a status and a code of the relay's own. */
  String asked(int relay, String tenant) throws IOException {
    try (RawClient client = client(relay)) {
      return said(client.send(request(tenant, "")).answer());
    }
  }

  static String said(RawClient.Answer answer) {
    String code = answer.text().replaceAll("(?s).*\"code\":\"(\\w+)\".*", "$1");
    return answer.status() == 200 ? "200" : answer.status() + " " + code;
  }

  /** Waits until every loop of every relay that runs can ask Redis, or no relay's can. */
  void awaitShared(boolean up) throws Exception {
    for (RelayProcess relay : relays) {
      if (relay.alive()) {
        await(
            "a relay's word that Redis is up=" + up,
            () ->
                AdminTruth.value(
                        AdminTruth.get(relay.adminPort(), "/metrics").body(), "limits_shared_up")
                    == (up ? 1 : 0));
      }
    }
  }

  /** Waits until a relay says that so many tokens were used of a tenant's budget. */
  void awaitSpent(int relay, String tenant, long tokens) throws Exception {
    try {
      await("the tokens", () -> Math.abs(spent(relay, tenant) - tokens) < 0.5);
    } catch (AssertionError missing) {
      String said = "relay %d says %s tokens of %s, of %d; its log:%n%s";
      double spent = spent(relay, tenant);
      throw new AssertionError(
          said.formatted(relay, spent, tenant, tokens, relays[relay].err()), missing);
    }
  }

  /** What a relay says that was used of a tenant's budget. */
  private double spent(int relay, String tenant) throws Exception {
    String page = AdminTruth.get(relays[relay].adminPort(), "/limits?name=" + tenant).body();
    Matcher used = USED.matcher(page);
    return used.find() ? Double.parseDouble(used.group(1)) : Double.NaN;
  }

  /** The first value that the database, and no PgBouncer, answers. */
  String ask(String query) throws Exception {
    return TestPostgres.ask(database, query).get(0);
  }

  /** A condition that comes from elsewhere. */
  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < deadline, () -> "it did not come: " + what);
      FaultGround.pause(20);
    }
  }

  @Override
  public void close() throws IOException {
    provider.close();
    Arrays.stream(relays).filter(relay -> relay != null).forEach(RelayProcess::close);
    redis.close();
    bouncer.close();
  }
}
