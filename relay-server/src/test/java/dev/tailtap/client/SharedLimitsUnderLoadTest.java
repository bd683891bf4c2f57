package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three relays as processes, whom clients ask all at once for more than a limit lets. */
class SharedLimitsUnderLoadTest {
  private static final int RELAYS = 3;
  private static final int CLIENTS_EACH = 4;
  private static final int CALLS_EACH = 20;

  /** Five minutes pass until the bucket of thirty has one more, which no test takes. */
  private static final int BURST = 30;

  @TempDir Path dir;
  private final List<RelayProcess> relays = new ArrayList<>();
  private final Map<String, Integer> said = new ConcurrentHashMap<>();
  private RedisServer redis;
  private Provider provider;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    redis = new RedisServer(dir);
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    for (int i = 0; i < RELAYS; i++) {
      Path own = Files.createDirectory(dir.resolve("relay-" + i));
      String config =
          RelayProcess.config(
              own,
              provider,
              "limits.shared=redis://127.0.0.1:" + redis.port(),
              "limits.relays=" + RELAYS,
              "limit.a.requests=12/h",
              "limit.a.requests-burst=" + BURST);
      relays.add(new RelayProcess(own, "serve", config));
    }
    for (RelayProcess relay : relays) {
      relay.awaitLogged("event=shared_limits_up");
    }
  }

  @AfterEach
  void stop() throws Exception {
    relays.forEach(RelayProcess::close);
    if (redis != null) {
      provider.close();
      redis.close();
    }
  }

  /** What one client is told, again and again; it goes on when its relay is killed. */
  private Callable<Void> client(int port) {
    return () -> {
      for (int i = 0; i < CALLS_EACH; i++) {
        String answer;
        try (RawClient client = new RawClient(port)) {
          answer = KeyedRelays.said(client.post("/v1/chat/completions", "{}").answer());
        } catch (IOException | AssertionError cut) {
          answer = "cut";
        }
        said.merge(answer, 1, Integer::sum);
      }
      return null;
    };
  }

  /** Has all ask, while something happens. */
  private void load(Happening meanwhile) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(RELAYS * CLIENTS_EACH);
    try {
      List<Future<Void>> all = new ArrayList<>();
      for (RelayProcess relay : relays) {
        int port = relay.port();
        for (int i = 0; i < CLIENTS_EACH; i++) {
          all.add(clients.submit(client(port)));
        }
      }
      meanwhile.happen();
      for (Future<Void> each : all) {
        each.get();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @FunctionalInterface
  private interface Happening {
    void happen() throws Exception;
  }

  private int served() {
    return said.getOrDefault("200", 0);
  }

  private void onlyServedOrRefused() {
    List<String> others = new ArrayList<>(said.keySet());
    others.removeAll(List.of("200", "429 requests_limit", "cut"));
    assertEquals(List.of(), others);
  }

  @Test
  @Rule(
      value = "Relays that share a limit let in what it lets, whatever is killed; none answers 500",
      source = "docs/LIMITS.md")
  void allTogetherKeepTheLimitWhenARelayAndThenTheServerAreKilled() throws Exception {
    load(
        () -> {
          relays.get(0).signal("KILL");
          relays.get(0).exit();
        });
    onlyServedOrRefused();
    int lost = CLIENTS_EACH; // calls of the killed one that were let in, and nobody was told
    assertTrue(served() <= BURST && served() >= BURST - lost, served() + " of " + BURST);
    relays.remove(0).close();
    load(redis::kill);
    onlyServedOrRefused();
    assertTrue(said.get("429 requests_limit") > 0);
    int parts = relays.size() * (BURST / RELAYS); // what each may let in by itself
    assertTrue(served() <= BURST + parts, served() + " of " + BURST + " and " + parts);
    for (RelayProcess relay : relays) {
      relay.awaitLogged("event=shared_limits_away");
    }
  }

  @Test
  void aFrozenServerIsNeitherAnErrorNorAnEndToTheLimit() throws Exception {
    try {
      load(redis::freeze);
    } finally {
      redis.thaw();
    }
    onlyServedOrRefused();
    int parts = RELAYS * (BURST / RELAYS);
    assertTrue(served() >= BURST / 2, served() + " calls");
    assertTrue(served() <= BURST + parts, served() + " of " + BURST + " and " + parts);
  }
}
