package dev.tailtap.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslHandler;

/**
 * A new connection on its way to one sink: TCP first, then TLS where the upstream wants it. The
 * sink is told exactly once, unless it cancels. Event loop only.
 */
public final class ConnectAttempt {
  private Channel channel;
  private boolean cancelled;

  ConnectAttempt() {}

  /** The sink left: it is told nothing more, and what was begun of the connection closes. */
  public void cancel() {
    cancelled = true;
    channel.close();
  }

  /** Watches over a connect that was begun, and may have ended already. */
  void of(ChannelFuture connect, HttpMethod method, ResponseSink sink) {
    channel = connect.channel();
    connect.addListener((ChannelFuture done) -> connected(done, method, sink));
  }

  private void connected(ChannelFuture connect, HttpMethod method, ResponseSink sink) {
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
      tls.handshakeFuture().addListener(shake -> secured(shake.isSuccess(), method, sink));
    }
  }

  private void secured(boolean success, HttpMethod method, ResponseSink sink) {
    if (cancelled) {
      channel.close();
    } else if (success) {
      lease(method, sink);
    } else {
      channel.close();
      sink.unreachable(UpstreamFailure.TLS_HANDSHAKE);
    }
  }

  private void lease(HttpMethod method, ResponseSink sink) {
    channel.pipeline().get(UpstreamConnection.class).lease(sink, method);
  }
}
