package dev.tailtap.client;

import dev.tailtap.config.Networks;
import dev.tailtap.config.ServerConfig;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.Ledger;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.exchange.TroubleLog;
import dev.tailtap.exchange.UuidV7;
import dev.tailtap.http1.LocalReply;
import dev.tailtap.http1.Via;
import dev.tailtap.keys.KeyLookup;
import dev.tailtap.keys.Keyring;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.ConnectionLimits;
import dev.tailtap.limits.Limits;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.loop.LaterTasks;
import dev.tailtap.loop.LoopSweep;
import dev.tailtap.loop.Outbound;
import dev.tailtap.route.Selections;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import dev.tailtap.trace.Tracing;
import dev.tailtap.upstream.LoopPool;
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
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
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
  private final ConnectionLimits connectionLimits;
  private final Limits limits;
  private final TlsEndpoint tls; // null: plain HTTP
  private final UpstreamPools pools;
  private final Stats stats;
  private final TroubleLog log;
  private final Listener listener;
  private volatile Generation generation;
  private boolean closed; // by whoever closes it: one thread at a time

  /**
   * Serves.
   *
   * @param listener closed with this
   * @param tls of its port; null: plain HTTP
   * @param first the settings that hold until others are to be used
   * @param tenantSecret keys the fingerprints of callers
   */
  public RelayServer(
      Listener listener,
      TlsEndpoint tls,
      EventLoopGroup group,
      UpstreamPools pools,
      Generation first,
      Admission admission,
      Ledger ledger,
      Guards guards,
      Stats stats,
      byte[] tenantSecret) {
    this.listener = listener;
    this.tls = tls;
    this.pools = pools;
    this.admission = admission;
    this.stats = stats;
    log = guards.log();
    connectionLimits = new ConnectionLimits(stats);
    limits = guards.limits();
    use(first);
    Via via = new Via(first.config().server().instance());
    for (EventExecutor executor : group) {
      LoopPool pool = pools.of((EventLoop) executor);
      LoopSweep sweep = sweepOf(executor, pool);
      loops.put(
          executor,
          new LoopResources(
              () -> generation,
              admission,
              admission,
              limits.gate((EventLoop) executor),
              ledger,
              guards.memory(),
              guards.log(),
              stats,
              guards.tracing(),
              pool,
              sweep,
              LaterTasks.of(executor),
              new Selections(),
              new UuidV7(),
              new TenantFingerprint(tenantSecret),
              new KeyLookup(guards.keys(), stats),
              via));
    }
    stats.gauge(Metric.ACTIVE, this::streams);
    stats.gauge(Metric.CONNECTIONS, "", this::connected);
    stats.gauge(Metric.CLIENT_BACKLOG, "", this::backlogBytes);
    stats.gauge(Metric.LOOP_STALL, "", this::longestStallSeconds);
    listener.accept(
        new AcceptGate(guards.connections(), loops.keySet(), this::shed, stats), new Initializer());
  }

  /**
   * Treats requests by these settings from now on. Those under way end by the ones that they were
   * admitted under, and connections to where no upstream is any more close as they fall idle. One
   * thread at a time.
   */
  public void use(Generation next) {
    listener.limit(next.config().limits().writeStall());
    connectionLimits.limit(next.config().limits());
    admission.limit(next.config().limits(), next.streams());
    limits.use(next.config().quota());
    stats.limitModels(next.config().metrics().models(), next.config().metrics().genAi());
    stats.retainUpstreams(next.upstreams().keySet());
    generation = next;
    pools.retain(next.upstreams().values());
  }

  /** The settings that hold for the next request. */
  public Generation generation() {
    return generation;
  }

  /** The port in use, which the system has chosen where the configuration says 0. */
  public int port() {
    return listener.port();
  }

  /**
   * Accepts nobody any more. Who is connected may ask once more, and what runs goes on; connections
   * on which nothing comes are closed. Not on a loop.
   */
  public void lastCalls() {
    admission.lastCalls();
    listener.stop();
    // Of who was accepted last a busy loop has not heard yet, and would be missed among the others.
    for (EventExecutor loop : loops.keySet()) {
      loop.submit(() -> {}).awaitUninterruptibly(Listener.PATIENCE_MS);
    }
  }

  /** How many clients are connected. */
  public int connected() {
    return connections.size();
  }

  /** Admits nobody any more, closes idle connections, and lets running exchanges go on. */
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
    LoopSweep sweep = new LoopSweep(System.nanoTime());
    sweep.add(pool);
    loop.scheduleAtFixedRate(
        () -> sweep.run(System.nanoTime()),
        LoopSweep.PERIOD_NANOS,
        LoopSweep.PERIOD_NANOS,
        TimeUnit.NANOSECONDS);
    return sweep;
  }

  private void streams(Stats.Samples out) {
    admission.byUpstream().forEach((name, gauge) -> out.put(gauge.active(), name));
  }

  private double backlogBytes() {
    return connections.stream().mapToLong(Outbound::pendingBytes).sum();
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
   * @param keys of callers
   * @param limits those that are set by name
   */
  public record Guards(
      MemoryAccount memory,
      int connections,
      TroubleLog log,
      Tracing tracing,
      Keyring keys,
      Limits limits) {}

  /**
   * The catalogue of handlers on a client connection. A balancer's own connection counts for no
   * address: it has the requests of many.
   */
  private final class Initializer extends ChannelInitializer<Channel> implements ProxyGate.Keeper {
    @Override
    protected void initChannel(Channel channel) {
      ServerConfig server = generation.config().server();
      ClientNetwork network = ClientNetwork.of(channel.remoteAddress());
      boolean trusted = !server.trust().isEmpty() && isIn(server.trust(), channel.remoteAddress());
      if (server.proxyProtocol() && !trusted) {
        turnAway(channel, Label.REFUSED_PROXY_UNTRUSTED);
      } else if (connectionLimits.admit(channel, trusted ? null : network)) {
        connections.add(channel);
        if (server.proxyProtocol()) {
          Duration patience = generation.config().limits().headTimeout();
          LoopSweep sweep = loops.get(channel.eventLoop()).sweep();
          channel.pipeline().addLast(new ProxyGate(this, sweep, patience));
        } else {
          serve(channel, network, trusted);
        }
      }
    }

    /** Without an address in its header the balancer speaks for itself. */
    @Override
    public void open(Channel channel, byte[] source) {
      if (source == null) {
        serve(channel, ClientNetwork.of(channel.remoteAddress()), false);
        return;
      }
      ClientNetwork network = ClientNetwork.of(source);
      boolean trusted = generation.config().server().trust().contains(source);
      if (trusted || connectionLimits.assign(channel, network)) {
        serve(channel, network, trusted);
      }
    }

    @Override
    public void turnAway(Channel channel, boolean late) {
      turnAway(channel, late ? Label.REFUSED_PROXY_TIMEOUT : Label.REFUSED_PROXY_HEADER);
    }

    private void turnAway(Channel channel, Label why) {
      log.turnedAway(why, ClientNetwork.of(channel.remoteAddress()));
      connectionLimits.refuse(channel, why);
    }

    private void serve(Channel channel, ClientNetwork network, boolean ofBalancer) {
      if (tls != null) {
        Duration patience = generation.config().limits().tlsHandshake();
        tls.accept(channel.pipeline(), patience, LocalReply::plainHttp);
      }
      LoopResources loop = loops.get(channel.eventLoop());
      channel.pipeline().addLast(new ClientConnection(loop, channel, network, ofBalancer));
    }

    private static boolean isIn(Networks networks, SocketAddress peer) {
      return peer instanceof InetSocketAddress inet
          && networks.contains(inet.getAddress().getAddress());
    }
  }
}
