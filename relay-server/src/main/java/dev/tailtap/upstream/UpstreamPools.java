package dev.tailtap.upstream;

import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

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
      LoopPool.Bounds bounds,
      Stats stats) {
    resolver = NameServers.resolver(transport, nameServers);
    AtomicInteger idleCount = new AtomicInteger();
    for (EventExecutor each : loops) {
      EventLoop loop = (EventLoop) each;
      IdleConnections idle =
          new IdleConnections(connections, bounds.connections(), stats, idleCount);
      pools.put(loop, new LoopPool(loop, transport, resolver, connections, bounds, stats, idle));
    }
    stats.gauge(Metric.UPSTREAM_IDLE, "", idleCount::get);
  }

  public LoopPool of(EventLoop loop) {
    return pools.get(loop);
  }

  /** Finds addresses without blocking a loop, for others than upstreams, too; ends with this. */
  public AddressResolverGroup<InetSocketAddress> resolver() {
    return resolver;
  }

  /**
   * Closes, soon, the idle connections that lead where none of these upstreams is; those that are
   * leased end with their exchanges. From any thread.
   */
  public void retain(Collection<Upstream> upstreams) {
    Set<Origin> named = upstreams.stream().map(Upstream::origin).collect(Collectors.toSet());
    pools.forEach((loop, pool) -> loop.execute(() -> pool.retain(named)));
  }

  /** Closes all connections, while their loops still run to see to it, and the resolver. */
  @Override
  public void close() {
    connections.close().awaitUninterruptibly();
    resolver.close();
  }
}
