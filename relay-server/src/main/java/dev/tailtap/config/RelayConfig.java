package dev.tailtap.config;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every setting of a relay, checked and complete: the catalogue of its knobs. A new knob is one
 * component here or in a record below, and one line in conf/relay.properties.
 *
 * @param upstreams by name, in the order of the file
 * @param routes longest path first, so that the first match is the longest
 */
public record RelayConfig(
    ServerConfig server,
    AdminConfig admin,
    Map<String, UpstreamConfig> upstreams,
    List<RouteConfig> routes,
    LimitsConfig limits,
    UsageConfig usage,
    JournalConfig journal,
    StoreConfig store) {

  public RelayConfig {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
  }

  /** What can be used but should be looked at, one line each; reads the TLS files. */
  public List<String> warnings(Instant now) {
    return new TlsAgreement(this).warnings(now);
  }
}
