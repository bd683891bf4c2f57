package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One provider as the data path sees it: everything that can be worked out before a request. */
public final class Upstream {
  /** Providers learn; after so long one that refused is asked again. */
  private static final long REFUSAL_NANOS = TimeUnit.HOURS.toNanos(1);

  /** Models are named by callers, who may make up any number of them. */
  private static final int MOST_REFUSALS = 64;

  private final UpstreamConfig config;
  private final TlsEndpoint tls;
  private final InetSocketAddress address;
  private final String authority;
  private final String basePath;

  /** When a model's refusal is over, by the clock of nanoTime; few, and those asked for last. */
  private final Map<String, Long> refusals = new ConcurrentHashMap<>();

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

  /**
   * Whether a request for a model may ask it for usage: it has not refused that lately. What one
   * model refuses says nothing of another, which may be somebody else's behind the same address.
   *
   * @param model null: the request names none
   */
  public boolean takesQuestions(String model) {
    Long until = refusals.get(key(model));
    return until == null || System.nanoTime() - until >= 0;
  }

  /** It answered an error to our question and then took the same request without it. */
  public void refusesQuestions(String model) {
    long now = System.nanoTime();
    if (refusals.size() >= MOST_REFUSALS) {
      refusals.values().removeIf(until -> now - until >= 0);
    }
    if (refusals.size() < MOST_REFUSALS) {
      refusals.put(key(model), now + REFUSAL_NANOS);
    }
  }

  private static String key(String model) {
    return model == null ? "" : model;
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
