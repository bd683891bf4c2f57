package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.UpstreamConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks between settings that are each valid alone. What is null here was already reported,
 * and is passed over.
 */
final class ConfigChecks {
  /** RFC 9110 section 5.6.2. */
  private static final Pattern FIELD_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  /** Fields that the relay itself writes, because the framing of a message hangs on them. */
  private static final Set<String> OWN_FIELDS =
      Set.of("host", "content-length", "transfer-encoding", "connection");

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
    config.upstreams().values().forEach(this::checkDialect);
    config.upstreams().values().forEach(this::checkHeaders);
    checkRoutes();
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

  private void checkDialect(UpstreamConfig upstream) {
    String dialect = upstream.dialect();
    if (!dialect.equals("auto") && !dialects.contains(dialect)) {
      String key = UpstreamConfig.DIALECT.key(upstream.name()) + "=" + dialect;
      String allowed = ": must be auto or one of " + String.join(", ", dialects);
      errors.add(key + allowed + Spelling.hint(dialect, dialects));
    }
  }

  private void checkHeaders(UpstreamConfig upstream) {
    Set<String> seen = new HashSet<>();
    for (String field : upstream.headers().keySet()) {
      String key = UpstreamConfig.HEADERS.key(upstream.name(), field);
      String lower = field.toLowerCase(Locale.ROOT);
      if (!FIELD_NAME.matcher(field).matches()) {
        errors.add(key + ": a header field's name consists of letters, digits and !#$%&'*+.^_`|~-");
      } else if (OWN_FIELDS.contains(lower)) {
        errors.add(key + ": the relay writes this field itself");
      } else if (!seen.add(lower)) {
        errors.add(key + ": is set twice; a field's name has no case");
      }
    }
  }

  private void checkRoutes() {
    Map<String, String> byPath = new HashMap<>();
    for (RouteConfig route : config.routes()) {
      checkTarget(route);
      String other = route.path() == null ? null : byPath.put(route.path(), route.name());
      if (other != null) {
        String key = RouteConfig.PATH.key(route.name()) + "=" + route.path();
        errors.add(key + ": is already the path of route " + other);
      }
    }
  }

  private void checkTarget(RouteConfig route) {
    Set<String> known = config.upstreams().keySet();
    String upstream = route.upstream();
    if (upstream != null && !known.isEmpty() && !known.contains(upstream)) {
      String key = RouteConfig.UPSTREAM.key(route.name()) + "=" + upstream;
      String allowed = ": must be one of the upstreams, " + String.join(", ", known);
      errors.add(key + allowed + Spelling.hint(upstream, known));
    }
  }
}
