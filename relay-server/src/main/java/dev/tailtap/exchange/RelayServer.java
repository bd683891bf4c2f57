package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.http1.LocalReply;
import dev.tailtap.http1.Via;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.ConnectionLimits;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamPools;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The door of the data path, behind the port that clients connect to. Construction serves; {@link
 * #drain} lets running streams end, {@link #close} ends them. Each event loop has a {@link
 * LoopResources} of its own and a sweep four times a second.
 */
public final class RelayServer implements AutoCloseable {
  private static final int SHED_AT_ONCE = 16;

  private final IdentityHashMap<EventExecutor, LoopResources> loops = new IdentityHashMap<>();
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Admission admission;
  private final ConnectionLimits doors;
  private final TlsEndpoint tls; // null: plain HTTP
  private final Duration tlsHandshake;
  private final Listener listener;
  private boolean closed; // by whoever closes it: one thread at a time

  /**
   * Serves.
   *
   * @param listener closed with this
   * @param tenantSecret keys the fingerprints of callers
   * @throws IllegalStateException if a TLS file cannot be used
   */
  public RelayServer(
      RelayConfig config,
      Listener listener,
      Tls tls,
      EventLoopGroup group,
      UpstreamPools pools,
      Map<String, Upstream> upstreams,
      Admission admission,
      Ledger ledger,
      Guards guards,
      Stats stats,
      byte[] tenantSecret) {
    this.admission = admission;
    doors = new ConnectionLimits(config.limits(), stats);
    this.tls = tls.server(config.server());
    tlsHandshake = config.limits().tlsHandshake();
    Via via = new Via(config.server().instance());
    Router router = new Router(config.routes(), upstreams);
    for (EventExecutor executor : group) {
      LoopPool pool = pools.of((EventLoop) executor);
      LoopSweep sweep = sweepOf(executor, pool);
      UuidV7 ids = new UuidV7();
      TenantFingerprint tenants = new TenantFingerprint(tenantSecret);
      loops.put(
          executor,
          new LoopResources(
              config,
              router,
              admission,
              admission,
              ledger,
              guards.memory(),
              guards.log(),
              stats,
              pool,
              sweep,
              ids,
              tenants,
              via));
    }
    stats.gauge(Metric.CONNECTIONS, "", connections::size);
    stats.gauge(Metric.CLIENT_BACKLOG, "", this::backlogBytes);
    stats.gauge(Metric.LOOP_STALL, "", this::longestStallSeconds);
    admission
        .byUpstream()
        .forEach((name, gauge) -> stats.gauge(Metric.ACTIVE, name, gauge::active));
    this.listener = listener;
    listener.accept(
        new AcceptGate(guards.connections(), loops.keySet(), this::shed, stats), new Initializer());
  }

  /** The port in use, which the system has chosen where the configuration says 0. */
  public int port() {
    return listener.port();
  }

  /** Accepts nobody any more, closes idle connections, and lets running exchanges go on. */
  public void drain() {
    admission.drain();
    listener.stop();
    shutdown(false);
  }

  /** Ends what still runs, each with its record. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    drain();
    shutdown(true);
    connections.close().awaitUninterruptibly(Listener.PATIENCE_MS);
    listener.close();
  }

  private static LoopSweep sweepOf(EventExecutor loop, LoopPool pool) {
    LoopSweep sweep = new LoopSweep(pool, System.nanoTime());
    loop.scheduleAtFixedRate(
        () -> sweep.run(System.nanoTime()),
        LoopSweep.PERIOD_NANOS,
        LoopSweep.PERIOD_NANOS,
        TimeUnit.NANOSECONDS);
    return sweep;
  }

  private double backlogBytes() {
    return connections.stream().mapToLong(WriteStall::waiting).sum();
  }

  private double longestStallSeconds() {
    long longest = 0;
    for (LoopResources loop : loops.values()) {
      longest = Math.max(longest, loop.sweep().longestStallNanos());
    }
    return longest / 1e9;
  }

  private void shed() {
    loops.forEach((executor, loop) -> executor.execute(() -> loop.sweep().shed(SHED_AT_ONCE)));
  }

  private void shutdown(boolean now) {
    List<Future<?>> told = new ArrayList<>();
    loops.forEach((executor, loop) -> told.add(executor.submit(() -> loop.sweep().shutdown(now))));
    told.forEach(one -> one.awaitUninterruptibly(Listener.PATIENCE_MS));
  }

  /**
   * What keeps one client or upstream from taking what others need.
   *
   * @param connections most of clients that there are file descriptors for
   */
  public record Guards(MemoryAccount memory, int connections, TroubleLog log) {}

  /** The catalogue of handlers on a client connection. */
  private final class Initializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      if (!doors.admit(channel)) {
        return;
      }
      connections.add(channel);
      if (tls != null) {
        tls.accept(channel.pipeline(), tlsHandshake, LocalReply::plainHttp);
      }
      channel.pipeline().addLast(new ClientConnection(loops.get(channel.eventLoop()), channel));
    }
  }
}
