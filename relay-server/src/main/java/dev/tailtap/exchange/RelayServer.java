package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.ReadSize;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamPools;
import dev.tailtap.wire.Tcp;
import dev.tailtap.wire.Tls;
import dev.tailtap.wire.TlsEndpoint;
import dev.tailtap.wire.Transport;
import dev.tailtap.wire.Via;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The door of the data path: the port that clients connect to. Construction binds it; {@link
 * #drain} lets running streams end, {@link #close} ends them. Each event loop has a {@link
 * LoopShare} of its own and a sweep four times a second.
 */
public final class RelayServer implements AutoCloseable {
  private static final int BACKLOG = 4096;
  private static final int SHED_AT_ONCE = 16;

  /** The kernel counts a window that stays shut as silence, and is not to be faster than we are. */
  private static final Duration KERNEL_GRACE = Duration.ofSeconds(30);

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final IdentityHashMap<EventExecutor, LoopShare> shares = new IdentityHashMap<>();
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Admission admission;
  private final Guards guards;
  private final ConnectionLimits doors;
  private final Duration writePatience;
  private final TlsEndpoint tls; // null: plain HTTP
  private final Duration tlsHandshake;
  private final EventLoopGroup acceptor;
  private final Channel listener;
  private boolean closed; // by whoever closes it: one thread at a time

  /**
   * Binds the port and serves.
   *
   * @param tenantSecret keys the fingerprints of callers
   * @throws IllegalStateException if the port is taken or a TLS file cannot be used
   */
  public RelayServer(
      RelayConfig config,
      Transport transport,
      Tls tls,
      EventLoopGroup loops,
      UpstreamPools pools,
      Map<String, Upstream> upstreams,
      Admission admission,
      Ledger ledger,
      Guards guards,
      Stats stats,
      byte[] tenantSecret) {
    this.admission = admission;
    this.guards = guards;
    doors = new ConnectionLimits(config.limits(), stats, guards.connections(), this::shed);
    Duration stall = config.limits().writeStall();
    writePatience = stall.isZero() ? stall : stall.plus(KERNEL_GRACE);
    this.tls = tls.server(config.server());
    tlsHandshake = config.limits().tlsHandshake();
    Via via = new Via(config.server().instance());
    Router router = new Router(config.routes(), upstreams);
    for (EventExecutor loop : loops) {
      LoopPool pool = pools.of((EventLoop) loop);
      LoopSweep sweep = sweepOf(loop, pool);
      CallIds ids = new CallIds();
      TenantFingerprint tenants = new TenantFingerprint(tenantSecret);
      shares.put(
          loop,
          new LoopShare(
              config,
              router,
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
    acceptor = transport.startAcceptor();
    listener = bind(transport, loops, config.server().listen());
  }

  /** The port in use, which the system has chosen where the configuration says 0. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Accepts nobody any more, closes idle connections, and lets running exchanges go on. */
  public void drain() {
    admission.drain();
    listener.close().syncUninterruptibly();
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
    connections.close().awaitUninterruptibly();
    stopAccepting();
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
    return connections.stream().mapToLong(Outflow::waiting).sum();
  }

  private double longestStallSeconds() {
    long longest = 0;
    for (LoopShare share : shares.values()) {
      longest = Math.max(longest, share.sweep().longestStallNanos());
    }
    return longest / 1e9;
  }

  private void shed() {
    shares.forEach((loop, share) -> loop.execute(() -> share.sweep().shed(SHED_AT_ONCE)));
  }

  private void shutdown(boolean now) {
    shares.forEach(
        (loop, share) -> loop.submit(() -> share.sweep().shutdown(now)).syncUninterruptibly());
  }

  private Channel bind(Transport transport, EventLoopGroup loops, InetSocketAddress address) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(acceptor, loops)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR, new ReadSize(guards.memory(), 512, 2048, 16384))
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, tls == null)
            .handler(doors)
            .childHandler(new Initializer());
    transport.shareRing(bootstrap::childOption);
    Tcp.probe(transport, bootstrap::childOption);
    Tcp.boundWrites(transport, writePatience, bootstrap::childOption);
    ChannelFuture bind = bootstrap.bind(address).awaitUninterruptibly();
    if (!bind.isSuccess()) {
      stopAccepting();
      String wanted = address.getHostString() + ":" + address.getPort();
      throw new IllegalStateException(
          "relay.listen=" + wanted + ": " + bind.cause().getMessage() + "; choose another",
          bind.cause());
    }
    return bind.channel();
  }

  private void stopAccepting() {
    acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS);
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
        tls.accept(channel.pipeline(), tlsHandshake);
      }
      channel.pipeline().addLast(new ClientConnection(shares.get(channel.eventLoop()), channel));
    }
  }
}
