package dev.tailtap.upstream;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.wire.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The upstream connections of one event loop: leases the one used last, which is the likeliest to
 * be alive, or opens a new one. Only its loop calls it, so nothing here is shared.
 */
public final class LoopPool {
  /** Below the 60 s after which common load balancers drop a silent connection. */
  private static final long MAX_IDLE_NANOS = TimeUnit.SECONDS.toNanos(55);

  private static final int MAX_IDLE_PER_UPSTREAM = 1024;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final EventLoop loop;
  private final Transport transport;
  private final AddressResolverGroup<InetSocketAddress> resolver;
  private final ChannelGroup connections; // of all loops
  private final Stats stats;
  private final AtomicInteger idleCount; // over all loops; read by scrapes
  private final Map<Upstream, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();

  LoopPool(
      EventLoop loop,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      ChannelGroup connections,
      Stats stats,
      AtomicInteger idleCount) {
    this.loop = loop;
    this.transport = transport;
    this.resolver = resolver;
    this.connections = connections;
    this.stats = stats;
    this.idleCount = idleCount;
  }

  /**
   * Gives the sink a connection, at once or after connecting; or tells it that there is none.
   *
   * @return the attempt while it lasts; null if the sink was given a kept connection
   */
  public ConnectAttempt lease(Upstream upstream, HttpMethod method, ResponseSink sink) {
    assert loop.inEventLoop();
    ArrayDeque<UpstreamConnection> kept = idle.get(upstream);
    while (kept != null && !kept.isEmpty()) {
      UpstreamConnection connection = kept.pollLast();
      idleCount.decrementAndGet();
      if (connection.channel().isActive()) {
        stats.add(Metric.UPSTREAM_REUSES, upstream.name(), 1);
        connection.lease(sink, method);
        return null;
      }
    }
    return connect(upstream, method, sink);
  }

  /** Closes what was idle for too long; called about every second on the loop. */
  public void sweep(long nowNanos) {
    for (ArrayDeque<UpstreamConnection> kept : idle.values()) {
      while (!kept.isEmpty() && nowNanos - kept.peekFirst().idleSinceNanos() > MAX_IDLE_NANOS) {
        kept.pollFirst().channel().close();
        idleCount.decrementAndGet();
      }
    }
  }

  void put(UpstreamConnection connection) {
    ArrayDeque<UpstreamConnection> kept =
        idle.computeIfAbsent(connection.upstream(), name -> new ArrayDeque<>());
    if (kept.size() >= MAX_IDLE_PER_UPSTREAM) {
      connection.channel().close();
      return;
    }
    kept.addLast(connection);
    idleCount.incrementAndGet();
  }

  void forget(UpstreamConnection connection) {
    ArrayDeque<UpstreamConnection> kept = idle.get(connection.upstream());
    if (kept != null && kept.remove(connection)) {
      idleCount.decrementAndGet();
    }
  }

  private ConnectAttempt connect(Upstream upstream, HttpMethod method, ResponseSink sink) {
    stats.add(Metric.UPSTREAM_CONNECTS, upstream.name(), 1);
    ConnectAttempt attempt = new ConnectAttempt();
    attempt.of(bootstrap(upstream).connect(upstream.address()), method, sink);
    return attempt;
  }

  private Bootstrap bootstrap(Upstream upstream) {
    long connectMillis = upstream.config().connectTimeout().toMillis();
    return new Bootstrap()
        .group(loop)
        .channel(transport.clientChannel())
        .resolver(resolver)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectMillis))
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, 65536))
        .handler(new Initializer(upstream));
  }

  /** The catalogue of handlers on an upstream connection. */
  private final class Initializer extends ChannelInitializer<Channel> {
    private final Upstream upstream;

    Initializer(Upstream upstream) {
      this.upstream = upstream;
    }

    @Override
    protected void initChannel(Channel channel) {
      connections.add(channel);
      SslContext tls = upstream.tls();
      if (tls != null) {
        InetSocketAddress address = upstream.address();
        SslHandler handler =
            tls.newHandler(channel.alloc(), address.getHostString(), address.getPort());
        handler.setHandshakeTimeoutMillis(upstream.config().connectTimeout().toMillis());
        channel.pipeline().addLast(handler);
      }
      ResponseHeadDecoder decoder = new ResponseHeadDecoder();
      channel
          .pipeline()
          .addLast(decoder, new UpstreamConnection(LoopPool.this, upstream, decoder, channel));
    }
  }
}
