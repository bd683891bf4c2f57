package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import java.util.List;

/**
 * The checks between settings that are each valid alone. What is null here was already reported,
 * and is passed over.
 */
final class ConfigChecks {
  private final RelayConfig config;
  private final List<String> dialects;
  private final List<String> errors;

  ConfigChecks(RelayConfig config, List<String> dialects, List<String> errors) {
    this.config = config;
    this.dialects = dialects;
    this.errors = errors;
  }

  void check() {
    checkPorts();
    new TlsFileChecks(config).check(errors);
    if (config.upstreams().isEmpty()) {
      errors.add("upstream.NAME.url: at least one upstream is needed");
    }
    if (config.routes().isEmpty()) {
      errors.add("route.NAME.path: at least one route is needed");
    }
    config
        .upstreams()
        .values()
        .forEach(upstream -> new UpstreamChecks(upstream, dialects, errors).check());
    new RouteChecks(config, errors).check();
  }

  private void checkPorts() {
    var admin = config.admin().listen();
    if (!admin.getAddress().isLoopbackAddress() && config.admin().token().isEmpty()) {
      errors.add("admin.token: must be set while admin.listen is no loopback address");
    }
    if (admin.getPort() != 0 && admin.equals(config.server().listen())) {
      errors.add("admin.listen: must differ from relay.listen");
    }
  }
}
