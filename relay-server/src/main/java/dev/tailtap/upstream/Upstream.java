package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.wire.Tls;
import dev.tailtap.wire.TlsEndpoint;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** One provider as the data path sees it: everything that can be worked out before a request. */
public final class Upstream {
  /** Providers learn; after so long one that refused is asked again. */
  private static final long REFUSAL_NANOS = TimeUnit.HOURS.toNanos(1);

  private final UpstreamConfig config;
  private final TlsEndpoint tls;
  private final InetSocketAddress address;
  private final String authority;
  private final String basePath;
  private volatile long askAgainNanos = System.nanoTime();

  /**
   * Reads its TLS files.
   *
   * @throws IllegalStateException if they cannot be used
   */
  public Upstream(UpstreamConfig config, Tls tls) {
    this.config = config;
    this.tls = tls.client(config);
    address = InetSocketAddress.createUnresolved(host(), config.port());
    boolean defaultPort = config.port() == (config.tls() ? 443 : 80);
    authority = config.url().getHost() + (defaultPort ? "" : ":" + config.port());
    String path = config.url().getRawPath();
    basePath = path == null || path.equals("/") ? "" : path.replaceAll("/+$", "");
  }

  public UpstreamConfig config() {
    return config;
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

  /** Whether requests may ask it for usage: configured so, and not refused lately. */
  public boolean takesQuestions() {
    return config.askForUsage() && System.nanoTime() - askAgainNanos >= 0;
  }

  /** It answered an error to our question and an answer to the same request without it. */
  public void refusesQuestions() {
    askAgainNanos = System.nanoTime() + REFUSAL_NANOS;
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
