package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.exchange.HandRelay;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Lives of an event loop of the relay, each drawn from a seed. {@code -Dtailtap.seeds=10000} says
 * how many, {@code -Dtailtap.seed=N} asks for one.
 */
final class SimulationTest {
  private static final int CONFIGS = 24;

  /** What a run of some hundred must have seen. */
  private static final List<String> PLAYED =
      List.of(
          "error_status",
          "error_in_stream",
          "upstream_unreachable",
          "upstream_connect_timeout",
          "upstream_closed",
          "upstream_head_cut",
          "upstream_reset",
          "upstream_bad_head",
          "upstream_cut",
          "upstream_bad_framing",
          "upstream_head_timeout",
          "upstream_idle_timeout",
          "request_stalled",
          "client_gone",
          "body_too_large",
          "bad_request_body",
          "stopped");

  /** What further tries of a run of some hundred must have followed. */
  private static final List<RetryOn> FOLLOWED =
      List.of(
          RetryOn.UNSENT,
          RetryOn.TOO_MANY_REQUESTS,
          RetryOn.UNAVAILABLE,
          RetryOn.OVERLOADED,
          RetryOn.UNAUTHORIZED,
          RetryOn.HEAD_TIMEOUT,
          RetryOn.RESET);

  private final Stats stats = new Stats();
  private final TenantFingerprint tenants = new TenantFingerprint(new byte[32]);
  private final List<RelayConfig> configs = new ArrayList<>();
  private final List<RelayConfig> several = new ArrayList<>();

  @BeforeEach
  void configure() throws IOException, ConfigException {
    for (int i = 0; i < CONFIGS; i++) {
      configs.add(HandRelay.config(settings(new Random(i))));
      several.add(HandRelay.config(SimSettings.several(settings(new Random(i)), new Random(i))));
    }
  }

  @Test
  void keepsItsPromisesInEveryLife() {
    if (live(configs)) {
      for (String retry : List.of("unsent", "lost")) {
        assertTrue(stats.value(Metric.UPSTREAM_RETRIES, retry) > 0, retry + " was never repeated");
      }
      assertTrue(stats.value(Metric.HEARTBEATS) > 0, "no heart has beaten");
      assertTrue(stats.value(Metric.HIDDEN_FRAMES) > 0, "nothing was hidden");
      assertTrue(stats.value(Metric.SETTLE_TIMEOUTS) > 0, "no record was late");
      for (String error : PLAYED) {
        assertTrue(stats.value(Metric.CALL_ERRORS, error) > 0, error + " never came");
      }
    }
  }

  @Test
  void keepsItsPromisesWithSeveralUpstreams() {
    if (live(several)) {
      for (RetryOn why : FOLLOWED) {
        long times = 0;
        for (String upstream : List.of("sim", "b", "c")) {
          times += stats.value(Metric.ATTEMPTS, upstream, why.word());
        }
        assertTrue(times > 0, why + " was never followed by another try");
      }
      for (String why : List.of("body", "memory", "budget")) {
        assertTrue(stats.value(Metric.UNARMED, why) > 0, why + " kept nobody from a try");
      }
    }
  }

  /** Whether all that a run should see is to be looked for. */
  private boolean live(List<RelayConfig> worlds) {
    Long one = Long.getLong("tailtap.seed");
    long count = Long.getLong("tailtap.seeds", 500);
    (one == null ? LongStream.range(1, 1 + count) : LongStream.of(one))
        .forEach(seed -> live(seed, worlds.get((int) (seed % CONFIGS))));
    return one == null;
  }

  private void live(long seed, RelayConfig config) {
    Simulation life = new Simulation(seed, config, stats, tenants);
    try {
      life.run();
    } catch (AssertionError | RuntimeException broken) {
      fail("seed " + seed + ": " + broken.getMessage() + "\n" + life.story(), broken);
    }
  }

  private static Map<String, String> settings(Random random) {
    Map<String, String> all = new HashMap<>();
    all.put("upstream.sim.connect-timeout", "2s");
    all.put("upstream.sim.head-timeout", "4s");
    all.put("upstream.sim.idle-timeout", "5s");
    all.put("upstream.sim.total-timeout", random.nextBoolean() ? "7s" : "0");
    all.put("upstream.sim.heartbeat", random.nextBoolean() ? "1s" : "0");
    all.put("upstream.sim.retry-reused", Boolean.toString(random.nextBoolean()));
    all.put("upstream.sim.retry-body", random.nextBoolean() ? "1KiB" : "64KiB");
    all.put("upstream.sim.usage", random.nextInt(3) > 0 ? "ask" : "leave");
    all.put("usage.on-client-abort", random.nextBoolean() ? "drain" : "cancel");
    all.put("usage.drain-time", "3s");
    all.put("usage.drain-bytes", random.nextBoolean() ? "4KiB" : "1MiB");
    all.put("usage.settle", random.nextInt(4) > 0 ? "before-end" : "after");
    all.put("usage.settle-timeout", "1s");
    all.put("limits.streams", Integer.toString(2 + random.nextInt(4)));
    all.put("limits.streams-per-address", Integer.toString(random.nextInt(3)));
    all.put("limits.held-body", random.nextBoolean() ? "1KiB" : "64KiB");
    all.put("limits.request-body", random.nextInt(4) == 0 ? "4KiB" : "0");
    all.put("limits.request-stall", "3s");
    all.put("limits.request-time", random.nextBoolean() ? "6s" : "0");
    all.put("limits.write-stall", "4s");
    all.put("limits.client-idle", "6s");
    all.put("limits.head-timeout", "3s");
    return all;
  }
}
