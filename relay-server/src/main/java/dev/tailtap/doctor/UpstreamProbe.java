package dev.tailtap.doctor;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;

/**
 * Whether an upstream can be reached, as the relay itself would: a connection, and over it TLS with
 * the configured trust. Sends no request. Blocks for twice the connect timeout at most.
 */
final class UpstreamProbe {
  private final EventLoopGroup loops;

  UpstreamProbe(EventLoopGroup loops) {
    this.loops = loops;
  }

  /** Null: it can be reached; else why not. */
  String trouble(UpstreamConfig upstream) throws InterruptedException {
    try (Tls tls = new Tls(new Stats())) {
      return trouble(upstream, tls.client(upstream));
    } catch (IllegalStateException badFile) {
      return badFile.getMessage();
    }
  }

  private String trouble(UpstreamConfig upstream, TlsEndpoint tls) throws InterruptedException {
    long patience = upstream.connectTimeout().toMillis();
    String host = upstream.url().getHost().replaceAll("[\\[\\]]", "");
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(patience))
            .handler(new ChannelInboundHandlerAdapter());
    ChannelFuture connected = bootstrap.connect(host, upstream.port());
    String trouble = trouble(connected, patience, "no connection");
    if (trouble == null && tls != null) {
      Channel channel = connected.channel();
      InetSocketAddress address = InetSocketAddress.createUnresolved(host, upstream.port());
      SslHandler handler = tls.connect(channel.alloc(), address, upstream.connectTimeout());
      channel.pipeline().addLast(handler);
      trouble = trouble(handler.handshakeFuture(), patience, "no TLS");
    }
    connected.channel().close();
    return trouble;
  }

  private static String trouble(Future<?> step, long patienceMs, String what)
      throws InterruptedException {
    if (!step.await(patienceMs)) {
      return what + ": nothing came within " + patienceMs + " ms";
    }
    return step.isSuccess() ? null : what + ": " + oneLine(step.cause());
  }

  private static String oneLine(Throwable cause) {
    Throwable deepest = cause;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String text = deepest.getMessage() == null ? cause.getMessage() : deepest.getMessage();
    return String.valueOf(text).replaceAll("\\s+", " ");
  }
}
