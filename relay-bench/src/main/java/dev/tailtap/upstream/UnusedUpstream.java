package dev.tailtap.upstream;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Upstreams for benchmarks that never connect to them. */
public final class UnusedUpstream {
  private UnusedUpstream() {}

  /**
   * One of which 1,024 connections may be kept for an hour, and which has no limit of streams.
   *
   * @param keys its pool, by name; empty: it has none
   */
  public static Upstream named(String name, Map<String, String> keys) {
    Duration second = Duration.ofSeconds(1);
    return new Upstream(
        new UpstreamConfig(
            name,
            URI.create("http://127.0.0.1:1"),
            "auto",
            Map.of(),
            null,
            null,
            null,
            second,
            second,
            second,
            second,
            Duration.ZERO,
            0,
            new ReuseConfig(1024, Duration.ofHours(1), Duration.ZERO, false, 0),
            false,
            keys,
            UpstreamConfig.KeyOrder.SPREAD,
            UpstreamConfig.Auth.AUTO,
            Map.of(),
            Duration.ZERO),
        new Tls(new Stats()),
        new UpstreamHealth());
  }
}
