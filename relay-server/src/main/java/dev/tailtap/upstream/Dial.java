package dev.tailtap.upstream;

import dev.tailtap.loop.ShortCause;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.UpstreamFailure.Kind;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A new connection on its way to one lessee: the name, then TCP, then TLS where the upstream wants
 * it, at one address of the name after the other. All of it shares the connect timeout; each try
 * has an equal part of what is left. The lessee is told exactly once, unless it cancels. Event loop
 * only.
 */
public final class Dial {
  private static final int MOST_ADDRESSES = 4;

  private final Upstream upstream;
  private final Lessee lessee;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final Stats stats;
  private final long deadlineNanos;
  private final ArrayDeque<InetSocketAddress> untried = new ArrayDeque<>(MOST_ADDRESSES);
  private Channel channel;
  private ScheduledFuture<?> timeout; // of the connection that is tried; Netty keeps its own
  private boolean late;
  private boolean cancelled;

  Dial(Upstream upstream, Lessee lessee, EventLoop loop, Bootstrap bootstrap, Stats stats) {
    this.upstream = upstream;
    this.lessee = lessee;
    this.loop = loop;
    this.bootstrap = bootstrap;
    this.stats = stats;
    deadlineNanos = System.nanoTime() + upstream.config().connectTimeout().toNanos();
  }

  /** The lessee left: it is told nothing more, and what was begun of the connection closes. */
  public void cancel() {
    cancelled = true;
    if (channel != null) {
      channel.close();
    }
  }

  void begin(AddressResolver<InetSocketAddress> resolver) {
    resolver.resolveAll(upstream.address()).addListener(this::resolved);
  }

  private void resolved(Future<? super List<InetSocketAddress>> names) {
    if (cancelled) {
      return;
    }
    if (!names.isSuccess()) {
      lessee.unreachable(failure(DnsNameResolverTimeoutException.class, names.cause()));
      return;
    }
    @SuppressWarnings("unchecked") // the resolver's promise, which addListener has forgotten
    List<InetSocketAddress> addresses = (List<InetSocketAddress>) names.getNow();
    untried.addAll(addresses.subList(0, Math.min(MOST_ADDRESSES, addresses.size())));
    next(UpstreamFailure.of(Kind.CONNECT_REFUSED, "no address"));
  }

  /**
   * Tries the next address, or gives up because of what became of the one before. A socket is not
   * opened while the loop still has events in hand: it may get the descriptor of one that was just
   * closed, and with it the events that were meant for that one, which would close it.
   */
  private void next(UpstreamFailure last) {
    if (untried.isEmpty()) {
      lessee.unreachable(last);
    } else {
      loop.execute(this::dial);
    }
  }

  private void dial() {
    if (cancelled) {
      return;
    }
    stats.add(Metric.UPSTREAM_CONNECTS, upstream.name(), 1);
    InetSocketAddress address = untried.poll();
    late = false;
    timeout = loop.schedule(this::tooLate, millisForThis(), TimeUnit.MILLISECONDS);
    ChannelFuture connect = bootstrap.connect(address);
    channel = connect.channel(); // so that a cancelled try ends at once, not with its timeout
    connect.addListener((ChannelFuture done) -> connected(done));
  }

  private void tooLate() {
    late = true;
    channel.close();
  }

  private void connected(ChannelFuture connect) {
    timeout.cancel(false);
    if (cancelled) {
      channel.close();
    } else if (connect.isSuccess()) {
      secure();
    } else {
      Throwable cause = late ? new ConnectTimeoutException() : connect.cause();
      failed(failure(ConnectTimeoutException.class, cause));
    }
  }

  /** Called before the handshake begins: the channel becomes active after this. */
  private void secure() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      lease();
    } else {
      tls.setHandshakeTimeoutMillis(millisForThis());
      tls.handshakeFuture().addListener(this::secured);
    }
  }

  private void secured(Future<?> handshake) {
    if (cancelled) {
      channel.close();
    } else if (handshake.isSuccess()) {
      lease();
    } else {
      channel.close();
      boolean distrust = ShortCause.has(CertificateException.class, handshake.cause());
      Kind kind = distrust ? Kind.TLS_UNTRUSTED : Kind.TLS_HANDSHAKE;
      failed(UpstreamFailure.of(kind, ShortCause.of(handshake.cause())));
    }
  }

  private static UpstreamFailure failure(Class<? extends Throwable> late, Throwable cause) {
    Kind kind = ShortCause.has(late, cause) ? Kind.CONNECT_TIMEOUT : Kind.CONNECT_REFUSED;
    return UpstreamFailure.of(kind, ShortCause.of(cause));
  }

  private void lease() {
    UpstreamConnection.of(channel).lease(upstream, lessee);
  }

  private void failed(UpstreamFailure why) {
    if (!untried.isEmpty()) {
      stats.count(Label.RETRY_NEXT_ADDRESS);
    }
    next(why);
  }

  private int millisForThis() {
    long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
    return Math.toIntExact(Math.max(1, millis / (untried.size() + 1)));
  }
}
