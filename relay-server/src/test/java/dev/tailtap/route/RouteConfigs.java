package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Balance;
import dev.tailtap.config.RouteConfig.Commit;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.config.RouteConfig.Weighted;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/** Settings of routes, as a test needs them. */
final class RouteConfigs {
  private RouteConfigs() {}

  /** To one upstream. */
  static RouteConfig to(String upstream, String name, String host, String path, String... models) {
    return to(List.of(List.of(new Weighted(upstream, 1))), name, host, path, models);
  }

  static RouteConfig to(
      List<List<Weighted>> upstreams, String name, String host, String path, String... models) {
    return new RouteConfig(
        name,
        path,
        host,
        List.of(models),
        upstreams,
        Balance.LEAST_PENDING,
        List.of(),
        "",
        3,
        EnumSet.of(RetryOn.UNSENT),
        Duration.ofSeconds(10),
        1 << 20,
        Commit.HEAD);
  }
}
