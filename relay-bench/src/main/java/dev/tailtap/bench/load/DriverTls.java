package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS 1.3 at both ends of the load, AES-128-GCM first, and the count of handshakes that were whole
 * and of those that took up an earlier session. On the driver's loop.
 */
final class DriverTls {
  private static final List<String> CIPHERS =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");

  private SslContext client; // made anew by forgetSessions
  private final SslContext provider; // null: it has no certificate
  private final long certificateBytes;
  private final Supplier<LoadRun> current;
  private final SecureRandom random = new SecureRandom();

  /** Certificates that clients were shown and whose handshakes have not been counted yet. */
  private int checked;

  DriverTls(Path certificate, Path key, Supplier<LoadRun> current) throws IOException {
    this.current = current;
    client = newClient();
    provider =
        certificate == null
            ? null
            : shared(SslContextBuilder.forServer(certificate.toFile(), key.toFile())).build();
    // As PEM, of which the certificate itself is three quarters.
    certificateBytes = certificate == null ? 0 : Files.size(certificate) * 7 / 10;
    renewTickets();
  }

  /** Those that clients hold, of whatever they connected to. */
  void forgetSessions() {
    client = newClient();
  }

  private SslContext newClient() {
    try {
      return shared(SslContextBuilder.forClient().trustManager(new CountingTrust()))
          .endpointIdentificationAlgorithm(null)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS for clients", e);
    }
  }

  private static SslContextBuilder shared(SslContextBuilder builder) {
    return builder
        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
        .protocols("TLSv1.3")
        .ciphers(CIPHERS);
  }

  /** A client's connection. Without a peer's name no session of an earlier one is found. */
  void dial(Channel channel, LoadPlan plan) {
    SslHandler handler =
        plan.call().resumed()
            ? client.newHandler(channel.alloc(), plan.host(), plan.port())
            : client.newHandler(channel.alloc());
    channel.pipeline().addLast(handler);
    handler
        .handshakeFuture()
        .addListener(
            done -> {
              LoadRun run = current.get();
              if (done.isSuccess() && run != null) {
                run.clientHandshake(takeChecked());
                checkCipher(run, handler.engine());
              }
            });
  }

  /** Whether a certificate was seen since the last handshake ended. */
  private boolean takeChecked() {
    boolean whole = checked > 0;
    checked -= whole ? 1 : 0;
    return whole;
  }

  /** A connection to the provider. */
  void accept(Channel channel) {
    Flight flight = new Flight();
    SslHandler handler = provider.newHandler(channel.alloc());
    channel.pipeline().addLast(flight, handler);
    handler
        .handshakeFuture()
        .addListener(
            done -> {
              LoadRun run = current.get();
              if (done.isSuccess() && run != null) {
                run.providerHandshake(flight.bytes > certificateBytes);
                checkCipher(run, handler.engine());
                if (!run.plan().call().resumed()) {
                  renewTickets();
                }
              }
              channel.pipeline().remove(flight);
            });
  }

  private static void checkCipher(LoadRun run, SSLEngine engine) {
    String cipher = engine.getSession().getCipherSuite();
    if (!cipher.equals(CIPHERS.get(0))) {
      run.mistake("a handshake came to " + cipher + " and not to " + CIPHERS.get(0));
    }
  }

  /** What was issued before opens nothing any more. */
  private void renewTickets() {
    if (provider instanceof ReferenceCountedOpenSslContext openSsl) {
      openSsl
          .sessionContext()
          .setTicketKeys(new OpenSslSessionTicketKey(noise(16), noise(16), noise(16)));
    }
  }

  private byte[] noise(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Counts what the provider sends up to the end of a handshake. */
  private static final class Flight extends ChannelOutboundHandlerAdapter {
    private long bytes;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      bytes += ((ByteBuf) message).readableBytes();
      ctx.write(message, promise);
    }
  }

  /** Trusts everybody, and counts whom it was asked about: who resumes shows no certificate. */
  private final class CountingTrust extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      checked++;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      checked++;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      checked++;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      throw new IllegalStateException("clients show no certificate here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
      throw new IllegalStateException("clients show no certificate here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      throw new IllegalStateException("clients show no certificate here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
