package dev.tailtap.upstream;

import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The door to upstreams: one {@link LoopPool} per event loop, so that both ends of an exchange live
 * on one thread and need no lock. Immutable after construction, thus safe from any thread.
 */
public final class UpstreamPools implements AutoCloseable {
  private final IdentityHashMap<EventExecutor, LoopPool> pools = new IdentityHashMap<>();
  private final DnsAddressResolverGroup resolver;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  /**
   * Opens nothing yet.
   *
   * @param nameServers empty: the system's
   */
  public UpstreamPools(
      EventLoopGroup loops,
      Transport transport,
      List<InetSocketAddress> nameServers,
      Bounds bounds,
      Stats stats) {
    resolver = NameServers.resolver(transport, nameServers);
    AtomicInteger idle = new AtomicInteger();
    for (EventExecutor loop : loops) {
      pools.put(
          loop,
          new LoopPool((EventLoop) loop, transport, resolver, connections, bounds, stats, idle));
    }
    stats.gauge(Metric.UPSTREAM_IDLE, "", idle::get);
  }

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

  public LoopPool of(EventLoop loop) {
    return pools.get(loop);
  }

  /** Closes all connections, while their loops still run to see to it, and the resolver. */
  @Override
  public void close() {
    connections.close().awaitUninterruptibly();
    resolver.close();
  }
}
