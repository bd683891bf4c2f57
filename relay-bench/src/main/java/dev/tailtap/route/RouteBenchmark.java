package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Balance;
import dev.tailtap.config.RouteConfig.Commit;
import java.time.Duration;
import java.util.ArrayList;
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
 * The route of one request, in nanoseconds: by its path, which is that of the last route; by its
 * model too, which is that of the last glob of one of two routes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RouteBenchmark {
  @Param({"16", "100"})
  private int count; // of routes, and of globs

  private Router byPath;
  private Router byModel;

  @Setup
  public void make() {
    List<RouteConfig> paths = new ArrayList<>();
    List<String> globs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      paths.add(route("/v1/chat/completions/" + (100 + i), List.of()));
      globs.add("model-" + (100 + i) + "-*-2026");
    }
    paths.add(route("/v1", List.of()));
    globs.add("*-last-*");
    byPath = new Router(paths, Map.of());
    byModel = new Router(List.of(route("/v1/chat", globs), route("/", List.of())), Map.of());
  }

  @Benchmark
  public Route path() {
    return byPath.match("relay.example:8080", "/v1/chat/completions").route(null);
  }

  @Benchmark
  public Route model() {
    return byModel.match("relay.example:8080", "/v1/chat/completions").route("model-my-last-2026");
  }

  private static RouteConfig route(String path, List<String> models) {
    return new RouteConfig(
        path,
        path,
        "",
        models,
        List.of(),
        Balance.LEAST_PENDING,
        List.of(),
        "",
        3,
        Set.of(),
        Duration.ofSeconds(10),
        0,
        Commit.HEAD);
  }
}
