package dev.tailtap.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.CertificateException;

/**
 * A new connection on its way to one sink: TCP first, then TLS where the upstream wants it. The
 * sink is told exactly once, unless it cancels. Event loop only.
 */
public final class ConnectAttempt {
  private Channel channel;
  private boolean cancelled;

  ConnectAttempt() {}

  /** The sink left: it is told nothing more, and the connection closes when it comes up. */
  public void cancel() {
    cancelled = true;
    if (channel != null) {
      channel.close();
    }
  }

  void connected(ChannelFuture connect, HttpMethod method, ResponseSink sink) {
    channel = connect.channel();
    if (cancelled) {
      channel.close();
      return;
    }
    if (!connect.isSuccess()) {
      sink.unreachable(
          connect.cause() instanceof ConnectTimeoutException
              ? UpstreamFailure.CONNECT_TIMEOUT
              : UpstreamFailure.CONNECT_REFUSED);
      return;
    }
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      lease(method, sink);
    } else {
      tls.handshakeFuture().addListener(shake -> secured(shake.cause(), method, sink));
    }
  }

  private void secured(Throwable trouble, HttpMethod method, ResponseSink sink) {
    if (cancelled) {
      channel.close();
    } else if (trouble == null) {
      lease(method, sink);
    } else {
      channel.close();
      sink.unreachable(
          distrust(trouble) ? UpstreamFailure.TLS_UNTRUSTED : UpstreamFailure.TLS_HANDSHAKE);
    }
  }

  /** Whether it was we who did not like the upstream's certificate. */
  private static boolean distrust(Throwable trouble) {
    for (Throwable cause = trouble; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  private void lease(HttpMethod method, ResponseSink sink) {
    channel.pipeline().get(UpstreamConnection.class).lease(sink, method);
  }
}
