package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.wire.Tls;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;

/** One provider as the data path sees it: everything that can be worked out before a request. */
public final class Upstream implements AutoCloseable {
  private final UpstreamConfig config;
  private final SslContext tls;
  private final InetSocketAddress address;
  private final String authority;
  private final String basePath;

  /**
   * Reads its trust file.
   *
   * @throws IllegalStateException if that file cannot be used
   */
  public Upstream(UpstreamConfig config) {
    this.config = config;
    tls = Tls.client(config);
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

  @Override
  public void close() {
    ReferenceCountUtil.release(tls);
  }

  /** Null where it is plain HTTP. */
  SslContext tls() {
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
