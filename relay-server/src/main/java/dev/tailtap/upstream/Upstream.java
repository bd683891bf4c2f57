package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import java.net.InetSocketAddress;

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
    basePath = path == null || path.equals("/") ? "" : path.replaceAll("/+$", "");
  }

  public UpstreamConfig config() {
    return config;
  }

  public UpstreamHealth health() {
    return health;
  }

  public String name() {
    return config.name();
  }

  /** What the {@code Host} field of its requests says. */
  public String authority() {
    return authority;
  }

  /** The target of a request there: the configured base path and the client's path and query. */
  public String target(String originForm) {
    return basePath.isEmpty() ? originForm : basePath + originForm;
  }

  /** Where its connections lead. */
  Origin origin() {
    return origin;
  }

  /** Null where it is plain HTTP. */
  TlsEndpoint tls() {
    return tls;
  }

  /** Not resolved: the loops resolve it when they connect. */
  InetSocketAddress address() {
    return address;
  }

  private String host() {
    String host = config.url().getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
