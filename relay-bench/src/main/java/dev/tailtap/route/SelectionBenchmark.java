package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Balance;
import dev.tailtap.config.RouteConfig.Commit;
import dev.tailtap.stats.Gauge;
import dev.tailtap.upstream.UnusedUpstream;
import dev.tailtap.upstream.Upstream;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The choice of a target for one request, in nanoseconds: what it sticks to is hashed, an upstream
 * and its key are claimed, a place is taken and given back, and the verdict is told. Of 16
 * upstreams, each with two keys; and of one, beside what the place costs alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SelectionBenchmark {
  private static final int UPSTREAMS = 16;
  private static final int SESSIONS = 256;
  private static final String FIELD = "x-session-id";
  private static final Map<String, String> POOL = Map.of("one", "s3cret-1", "two", "s3cret-2");

  @Param({"LEAST_PENDING", "SPREAD", "STICKY"})
  private Balance balance;

  private final List<HttpHeaders> requests = new ArrayList<>();
  private final Selections selections = new Selections();
  private Route several;
  private Route alone;
  private long now;
  private int turn;

  @Setup
  public void make() {
    several = route(balance, UPSTREAMS, POOL);
    alone = route(Balance.LEAST_PENDING, 1, Map.of());
    now = System.nanoTime();
    for (int i = 0; i < SESSIONS; i++) {
      HttpHeaders headers = new DefaultHttpHeaders();
      headers.add("host", "relay.example").add("content-type", "application/json");
      headers.add(FIELD, "5b3c7a10-93d1-4c2e-b8a1-0000000" + (10_000 + i));
      requests.add(headers);
    }
  }

  /** Of 16 upstreams. */
  @Benchmark
  public Target ofSixteen() {
    HttpHeaders headers = requests.get(turn++ % SESSIONS);
    return choose(selections.of(several, 0, several.sticky(headers, null), false, null));
  }

  /** Of a route that has no choice. */
  @Benchmark
  public Target ofOne() {
    return choose(selections.of(alone, 0, 0, false, null));
  }

  /** What is there without any choice. */
  @Benchmark
  public Target thePlaceAlone() {
    Target target = alone.target(0);
    Gauge streams = target.upstream().streams();
    if (streams.enter()) {
      streams.leave();
    }
    return target;
  }

  private Target choose(Selection selection) {
    boolean choice = selection.route().several();
    Target target = selection.next(now);
    Gauge streams = target.upstream().streams();
    if (streams.enter()) {
      selection.answers();
      if (choice) { // the answer is whole
        target.upstream().health().availability().succeeded(false);
      }
      streams.leave();
    }
    selections.over(selection);
    return target;
  }

  private static Route route(Balance balance, int count, Map<String, String> keys) {
    Map<String, Upstream> upstreams = new HashMap<>();
    List<RouteConfig.Weighted> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = "upstream-" + i;
      upstreams.put(name, UnusedUpstream.named(name, keys));
      members.add(new RouteConfig.Weighted(name, 1 + i % 3));
    }
    RouteConfig policy =
        new RouteConfig(
            "bench",
            "/",
            "",
            List.of(),
            List.of(members),
            balance,
            List.of(new RouteConfig.Sticky(FIELD)),
            "",
            3,
            Set.of(),
            Duration.ofSeconds(10),
            0,
            Commit.HEAD);
    return new Route(policy, "/", upstreams);
  }
}
