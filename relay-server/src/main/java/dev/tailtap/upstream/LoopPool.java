package dev.tailtap.upstream;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.loop.Tcp;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The upstream connections of one event loop: leases the one used last, which is the likeliest to
 * be alive, or opens a new one. Only its loop calls it, so nothing here is shared.
 */
public final class LoopPool {
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final EventLoop loop;
  private final Bootstrap template;
  private final AddressResolverGroup<InetSocketAddress> resolver;
  private final ChannelGroup connections; // of all loops
  private final UpstreamPools.Bounds bounds;
  private final Stats stats;
  private final AtomicInteger idleCount; // over all loops; read by scrapes
  private final Map<Upstream, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();

  LoopPool(
      EventLoop loop,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      ChannelGroup connections,
      UpstreamPools.Bounds bounds,
      Stats stats,
      AtomicInteger idleCount) {
    this(loop, template(loop, transport, bounds), resolver, connections, bounds, stats, idleCount);
  }

  /**
   * A pool over any kind of channel.
   *
   * @param template all that its connections have in common but their handlers
   */
  LoopPool(
      EventLoop loop,
      Bootstrap template,
      AddressResolverGroup<InetSocketAddress> resolver,
      ChannelGroup connections,
      UpstreamPools.Bounds bounds,
      Stats stats,
      AtomicInteger idleCount) {
    this.loop = loop;
    this.template = template;
    this.resolver = resolver;
    this.connections = connections;
    this.bounds = bounds;
    this.stats = stats;
    this.idleCount = idleCount;
  }

  /**
   * Gives the sink a connection, at once or after connecting; or tells it that there is none.
   *
   * @param fresh whether only a new connection will do
   * @return the attempt while it lasts; null if the sink was given a kept connection
   */
  public ConnectAttempt lease(
      Upstream upstream, HttpMethod method, ResponseSink sink, boolean fresh) {
    assert loop.inEventLoop();
    UpstreamConnection kept = fresh ? null : takeKept(upstream);
    if (kept == null) {
      return connect(upstream, method, sink);
    }
    stats.add(Metric.UPSTREAM_REUSES, upstream.name(), 1);
    kept.lease(sink, method);
    return null;
  }

  /** Closes what was idle for too long; called a few times a second on the loop. */
  public void sweep(long nowNanos) {
    idle.forEach((upstream, kept) -> evictIdle(kept, upstream.config().reuse(), nowNanos));
  }

  void put(UpstreamConnection connection) {
    ReuseConfig reuse = connection.upstream().config().reuse();
    ArrayDeque<UpstreamConnection> kept =
        idle.computeIfAbsent(connection.upstream(), name -> new ArrayDeque<>());
    if (kept.size() >= reuse.kept() || crowded(bounds.connections() / 4 * 3)) {
      evict(connection, Label.EVICTED_FULL);
    } else if (tooOld(connection, reuse)) {
      evict(connection, Label.EVICTED_AGE);
    } else {
      kept.addLast(connection);
      idleCount.incrementAndGet();
    }
  }

  /** Whatever became of a connection, it is not kept any more. */
  void forget(UpstreamConnection connection, Label why) {
    ArrayDeque<UpstreamConnection> kept = idle.get(connection.upstream());
    if (kept != null && kept.remove(connection)) {
      idleCount.decrementAndGet();
      evict(connection, why);
    }
  }

  /** The one that was used last and is still good; null if there is none. */
  private UpstreamConnection takeKept(Upstream upstream) {
    ArrayDeque<UpstreamConnection> kept = idle.get(upstream);
    while (kept != null && !kept.isEmpty()) {
      UpstreamConnection connection = kept.pollLast();
      idleCount.decrementAndGet();
      if (tooOld(connection, upstream.config().reuse())) {
        evict(connection, Label.EVICTED_AGE);
      } else if (!connection.channel().isActive() || !Tcp.established(connection.channel())) {
        evict(connection, Label.EVICTED_CLOSED);
      } else {
        return connection;
      }
    }
    return null;
  }

  private void evictIdle(ArrayDeque<UpstreamConnection> kept, ReuseConfig reuse, long nowNanos) {
    long limit = reuse.idle().toNanos();
    while (!kept.isEmpty() && nowNanos - kept.peekFirst().idleSinceNanos() > limit) {
      evict(kept.pollFirst(), Label.EVICTED_IDLE);
      idleCount.decrementAndGet();
    }
  }

  private boolean crowded(int most) {
    return bounds.connections() < Integer.MAX_VALUE && connections.size() >= most;
  }

  private void evictOldest(ArrayDeque<UpstreamConnection> kept) {
    UpstreamConnection oldest = kept.pollFirst();
    if (oldest != null) {
      idleCount.decrementAndGet();
      evict(oldest, Label.EVICTED_FULL);
    }
  }

  void evict(UpstreamConnection connection, Label why) {
    stats.count(why);
    connection.channel().close();
  }

  private static boolean tooOld(UpstreamConnection connection, ReuseConfig reuse) {
    return !reuse.age().isZero() && connection.ageNanos() > reuse.age().toNanos();
  }

  private ConnectAttempt connect(Upstream upstream, HttpMethod method, ResponseSink sink) {
    if (crowded(bounds.connections())) {
      idle.values().forEach(this::evictOldest);
    }
    Bootstrap bootstrap = template.clone().handler(new Initializer(upstream));
    ConnectAttempt attempt = new ConnectAttempt(upstream, method, sink, loop, bootstrap, stats);
    attempt.begin(resolver.getResolver(loop));
    return attempt;
  }

  private static Bootstrap template(
      EventLoop loop, Transport transport, UpstreamPools.Bounds bounds) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.clientChannel())
            .disableResolver()
            .option(ChannelOption.AUTO_CLOSE, false) // see UpstreamConnection.exceptionCaught
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .option(ChannelOption.RECVBUF_ALLOCATOR, bounds.reads());
    transport.shareRing(bootstrap::option);
    Tcp.probe(transport, bootstrap::option);
    return bootstrap;
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
      TlsEndpoint tls = upstream.tls();
      if (tls != null) {
        Duration patience = upstream.config().connectTimeout();
        channel.pipeline().addLast(tls.connect(channel.alloc(), upstream.address(), patience));
      }
      channel.pipeline().addLast(new UpstreamConnection(LoopPool.this, upstream, channel));
    }
  }
}
