package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.route.Router;
import dev.tailtap.stats.Gauge;
import dev.tailtap.upstream.Upstream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that the settings say of how requests are treated: an exchange keeps the one that it was
 * admitted under to its end, whatever takes its place meanwhile. Immutable.
 *
 * @param upstreams by name, in the order of the configuration
 */
public record Generation(RelayConfig config, Router router, Map<String, Upstream> upstreams) {
  /** With the routes that the configuration names. */
  public Generation(RelayConfig config, Map<String, Upstream> upstreams) {
    this(config, new Router(config.routes(), upstreams), upstreams);
  }

  /** What counts the exchanges of each upstream, by name, with as many as there may be from now. */
  public Map<String, Gauge> streams() {
    Map<String, Gauge> streams = new LinkedHashMap<>();
    upstreams.forEach(
        (name, upstream) -> {
          int own = upstream.config().streams();
          upstream.streams().limit(own == 0 ? config.limits().streams() : own);
          streams.put(name, upstream.streams());
        });
    return streams;
  }
}
