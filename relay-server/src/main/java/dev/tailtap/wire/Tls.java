package dev.tailtap.wire;

import dev.tailtap.config.ServerConfig;
import dev.tailtap.config.UpstreamConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLException;

/**
 * TLS on both sides: BoringSSL where it loads, the JDK's otherwise. Upstreams are verified with
 * their host name, which Netty 4.2 does by default.
 */
public final class Tls {
  private Tls() {}

  /**
   * For the port that clients connect to; null where it is plain.
   *
   * @throws IllegalStateException if the PEM files cannot be used
   */
  public static SslContext server(ServerConfig config) {
    if (config.tlsCertificate() == null) {
      return null;
    }
    try {
      return SslContextBuilder.forServer(config.tlsCertificate().toFile(), config.tlsKey().toFile())
          .sslProvider(provider())
          .build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "relay.tls.certificate and relay.tls.key cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * For connections to an upstream; null where they are plain.
   *
   * @throws IllegalStateException if its trust file cannot be used
   */
  public static SslContext client(UpstreamConfig config) {
    if (!config.tls()) {
      return null;
    }
    try {
      SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(provider());
      if (config.tlsTrust() != null) {
        builder.trustManager(config.tlsTrust().toFile());
      }
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "upstream." + config.name() + ".tls.trust cannot be used: " + e.getMessage(), e);
    }
  }

  private static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
  }
}
