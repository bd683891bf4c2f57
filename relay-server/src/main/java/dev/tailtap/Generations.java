package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.exchange.Generation;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the {@link Generation}s of a relay, one after the other. What was learned of an upstream
 * goes on to the one of the same name and origin. One thread at a time.
 */
record Generations(Tls tls) {
  /**
   * The first.
   *
   * @throws IllegalStateException if a TLS file cannot be used
   */
  Generation first(RelayConfig config) {
    return made(config, Map.of());
  }

  /**
   * The one that could take the place of that in use.
   *
   * @throws IllegalStateException if a TLS file cannot be used; nothing has changed
   */
  Generation after(Generation running, RelayConfig config) {
    return made(config, running.upstreams());
  }

  /** It has come into use: whatever only those before it need may go with them. */
  void inUse(Generation next) {
    tls.retain(configs(next.upstreams().values()));
  }

  /** All that can fail comes first, since health is shared with the upstreams in use. */
  private Generation made(RelayConfig config, Map<String, Upstream> before) {
    try {
      config.upstreams().values().forEach(tls::client);
    } catch (IllegalStateException e) {
      tls.retain(configs(before.values()));
      throw e;
    }
    Map<String, Upstream> upstreams = new LinkedHashMap<>();
    config
        .upstreams()
        .forEach(
            (name, upstream) ->
                upstreams.put(
                    name, new Upstream(upstream, tls, health(before.get(name), upstream))));
    return new Generation(config, upstreams);
  }

  private static UpstreamHealth health(Upstream before, UpstreamConfig config) {
    return before != null && before.leadsWhere(config) ? before.health() : new UpstreamHealth();
  }

  private static List<UpstreamConfig> configs(Collection<Upstream> upstreams) {
    return upstreams.stream().map(Upstream::config).toList();
  }
}
