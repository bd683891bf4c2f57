package dev.tailtap.upstream;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.http1.GatheredSpans;
import dev.tailtap.loop.Sweepable;
import dev.tailtap.loop.Tcp;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The upstream connections of one event loop: leases the one used last, which is the likeliest to
 * be alive, or opens a new one. Only its loop calls it, so nothing here is shared.
 */
public final class LoopPool implements Sweepable {
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final EventLoop loop;
  private final Bootstrap template;
  private final AddressResolverGroup<InetSocketAddress> resolver;
  private final ChannelGroup connections; // of all loops
  private final Stats stats;
  private final IdleConnections idle;
  private final GatheredSpans spans = new GatheredSpans();

  /**
   * What connections may take.
   *
   * @param reads how many bytes a read may bring
   * @param connections how many there may be, the idle ones among them
   */
  public record Bounds(RecvByteBufAllocator reads, int connections) {
    public static final int LEAST_READ = 512;
    public static final int FIRST_READ = 4096;
    public static final int MOST_READ = 32_768;

    /** As many and as much as they come to be. */
    public static final Bounds NONE =
        new Bounds(
            new AdaptiveRecvByteBufAllocator(LEAST_READ, FIRST_READ, MOST_READ), Integer.MAX_VALUE);
  }

  LoopPool(
      EventLoop loop,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      ChannelGroup connections,
      Bounds bounds,
      Stats stats,
      IdleConnections idle) {
    this(loop, template(loop, transport, bounds), resolver, connections, stats, idle);
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
      Stats stats,
      IdleConnections idle) {
    this.loop = loop;
    this.template = template;
    this.resolver = resolver;
    this.connections = connections;
    this.stats = stats;
    this.idle = idle;
  }

  /**
   * Gives the lessee a connection, at once or after dialling; or tells it that there is none.
   *
   * @param fresh whether only a new connection will do
   * @return the dial while it lasts; null if the lessee was given a kept connection
   */
  public Dial lease(Upstream upstream, Lessee lessee, boolean fresh) {
    assert loop.inEventLoop();
    ReuseConfig reuse = upstream.config().reuse();
    PoolEntry kept = fresh ? null : idle.take(upstream.origin(), reuse, System.nanoTime());
    if (kept == null) {
      return dial(upstream, lessee);
    }
    stats.add(Metric.UPSTREAM_REUSES, upstream.name(), 1);
    UpstreamConnection.of(kept.channel()).lease(upstream, lessee);
    return null;
  }

  /** Closes what was idle for too long. */
  @Override
  public boolean sweep(long nowNanos) {
    idle.sweep(nowNanos);
    return true;
  }

  /** Nothing: exchanges let go what they have, and {@link UpstreamPools#close} closes the rest. */
  @Override
  public void shutdown(boolean now) {}

  /** Closes the idle connections that lead to none of these origins. */
  void retain(Set<Origin> named) {
    assert loop.inEventLoop();
    idle.retain(named);
  }

  private Dial dial(Upstream upstream, Lessee lessee) {
    idle.makeRoom();
    Bootstrap bootstrap = template.clone().handler(new Initializer(upstream));
    Dial dial = new Dial(upstream, lessee, loop, bootstrap, stats);
    dial.begin(resolver.getResolver(loop));
    return dial;
  }

  private static Bootstrap template(EventLoop loop, Transport transport, Bounds bounds) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.clientChannel())
            .disableResolver()
            .option(ChannelOption.AUTO_CLOSE, false) // see UpstreamConnection.exceptionCaught
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // Dial has one of its own
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
      double jitter = ThreadLocalRandom.current().nextDouble();
      PoolEntry entry = new PoolEntry(upstream.origin(), channel, System.nanoTime(), jitter);
      channel.pipeline().addLast(new UpstreamConnection(idle, entry, spans));
    }
  }
}
