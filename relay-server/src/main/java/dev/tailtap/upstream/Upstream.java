package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Gauge;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import dev.tailtap.usage.Dialect;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One provider as the data path sees it: everything that can be worked out before a request.
 * Immutable but for its {@link UpstreamHealth}.
 */
public final class Upstream {
  private final UpstreamConfig config;
  private final UpstreamHealth health;
  private final TlsEndpoint tls;
  private final InetSocketAddress address;
  private final Origin origin;
  private final String authority;
  private final String basePath;
  private final Map<String, String> fields;
  private final Set<String> replacedFields;
  private final Set<String> ownedFields;
  private final List<UpstreamKey> keys;
  private final boolean credential;

  /**
   * Reads its TLS files.
   *
   * @param health what is known of it already, be it from one whose place this takes
   * @throws IllegalStateException if they cannot be used
   */
  public Upstream(UpstreamConfig config, Tls tls, UpstreamHealth health) {
    this.config = config;
    this.health = health;
    this.tls = tls.client(config);
    address = InetSocketAddress.createUnresolved(host(), config.port());
    origin = Origin.of(config);
    boolean defaultPort = config.port() == (config.tls() ? 443 : 80);
    authority = config.url().getHost() + (defaultPort ? "" : ":" + config.port());
    String path = config.url().getRawPath();
    fields = fields(config.headers());
    replacedFields =
        config.headers().keySet().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    Set<String> owned = new HashSet<>(replacedFields);
    owned.addAll(AuthScheme.FIELDS);
    ownedFields = Set.copyOf(owned);
    boolean shown =
        config.auth() != UpstreamConfig.Auth.NONE
            && Collections.disjoint(replacedFields, AuthScheme.FIELDS);
    keys = health.keys(config.keys(), shown);
    credential = config.hasCredential();
    basePath = path == null || path.equals("/") ? "" : path.replaceAll("/+$", "");
  }

  public UpstreamConfig config() {
    return config;
  }

  public UpstreamHealth health() {
    return health;
  }

  /** Exchanges under way with it, and how many there may be. */
  public Gauge streams() {
    return health.streams();
  }

  public String name() {
    return config.name();
  }

  /** What the {@code Host} field of its requests says. */
  String authority() {
    return authority;
  }

  /** The target of a request there: the configured base path and the client's path and query. */
  String target(String originForm) {
    return basePath.isEmpty() ? originForm : basePath + originForm;
  }

  /** The host of its URL, by which platforms are told apart. */
  public String urlHost() {
    return config.url().getHost();
  }

  /** The fields of its settings, in lower case: whatever a client says there does not go on. */
  public Set<String> replacedFields() {
    return replacedFields;
  }

  /** Those, and all in which clients show a key. */
  Set<String> ownedFields() {
    return ownedFields;
  }

  /**
   * The pool of its keys, in the order of the settings; without a pool the one that stands for what
   * the client shows. Never empty.
   */
  public List<UpstreamKey> keys() {
    return keys;
  }

  /**
   * Whether it can be asked without what clients show: it has a key or a field of its own, or the
   * settings say that it needs none.
   */
  public boolean hasCredential() {
    return credential;
  }

  /** How a request of that dialect shows a key of the pool. */
  public AuthScheme auth(Dialect dialect) {
    return AuthScheme.of(config.auth(), dialect, urlHost());
  }

  /** What each request there says, in this order. */
  Map<String, String> fields() {
    return fields;
  }

  /** Where its connections lead. */
  Origin origin() {
    return origin;
  }

  /** Whether connections of other settings could serve it, and the reverse. */
  public boolean leadsWhere(UpstreamConfig other) {
    return origin.equals(Origin.of(other));
  }

  /** Null where it is plain HTTP. */
  TlsEndpoint tls() {
    return tls;
  }

  /** Not resolved: the loops resolve it when they connect. */
  InetSocketAddress address() {
    return address;
  }

  /** An answer in an encoding could not be read along, so none is asked for. */
  private static Map<String, String> fields(Map<String, String> configured) {
    Map<String, String> all = new LinkedHashMap<>(configured);
    if (configured.keySet().stream().noneMatch("accept-encoding"::equalsIgnoreCase)) {
      all.put("accept-encoding", "identity");
    }
    return Collections.unmodifiableMap(all);
  }

  private String host() {
    String host = config.url().getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
