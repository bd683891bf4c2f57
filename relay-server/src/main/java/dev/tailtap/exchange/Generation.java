package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.route.Router;
import dev.tailtap.upstream.Upstream;
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
}
