package dev.tailtap.client;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.ReadSize;
import dev.tailtap.loop.Tcp;
import dev.tailtap.loop.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The port that clients connect to, claimed before anything else is begun. Until {@link #accept}
 * they wait in the kernel's backlog, where nobody refuses or answers them; from then on each
 * connection gets its handler on one of the loops.
 */
public final class Listener implements AutoCloseable {
  /** How long a stop waits for a loop, which may be held up by what it is to stop. */
  static final long PATIENCE_MS = 1000;

  private static final int BACKLOG = 4096;

  /** The kernel counts a window that stays shut as silence, and is not to be faster than we are. */
  private static final Duration KERNEL_GRACE = Duration.ofSeconds(30);

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final EventLoopGroup acceptor;
  private final Channel channel;
  private final Transport transport;
  private volatile ChannelHandler handler; // set once, before the first connection is accepted
  private volatile Duration writeStall; // by whoever uses other settings

  /**
   * Claims the address.
   *
   * @param descriptor of a socket that listens already; -1: there is none
   * @throws IllegalStateException if it cannot be had; the message says what to do
   */
  public Listener(
      RelayConfig config,
      Transport transport,
      EventLoopGroup loops,
      MemoryAccount memory,
      int descriptor) {
    this.transport = transport;
    writeStall = config.limits().writeStall();
    acceptor = transport.startAcceptor();
    ServerBootstrap bootstrap = bootstrap(config, transport, loops, memory);
    channel =
        descriptor < 0 ? bind(bootstrap, config.server().listen()) : take(descriptor, bootstrap);
  }

  /** The port in use, which the system has chosen where the configuration says 0. */
  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** The descriptor of the socket that listens; -1 where the transport does not tell. */
  public int descriptor() {
    return Transport.descriptorOf(channel);
  }

  /** Accepts whoever waits and whoever comes. */
  void accept(ChannelHandler ofTheSocket, ChannelHandler ofEachConnection) {
    handler = ofEachConnection;
    channel.pipeline().addFirst(ofTheSocket);
    channel.config().setAutoRead(true);
  }

  /** From now on, for connections that come: see {@code limits.write-stall}. */
  void limit(Duration stall) {
    writeStall = stall;
  }

  /** Accepts nobody any more; who is connected stays. */
  void stop() {
    channel.close().awaitUninterruptibly(PATIENCE_MS);
  }

  @Override
  public void close() {
    stop();
    acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS);
  }

  private ServerBootstrap bootstrap(
      RelayConfig config, Transport transport, EventLoopGroup loops, MemoryAccount memory) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(acceptor, loops)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new ReadSize(memory, 512, 2048, 16384))
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, config.server().tlsCertificate() == null)
            .childHandler(new Initializer());
    transport.shareRing(bootstrap::childOption);
    Tcp.probe(transport, bootstrap::childOption);
    return bootstrap;
  }

  private Channel take(int descriptor, ServerBootstrap bootstrap) {
    ChannelFuture taken =
        bootstrap
            .channelFactory(() -> transport.listening(descriptor))
            .register()
            .awaitUninterruptibly();
    if (!taken.isSuccess()) {
      acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS);
      throw new IllegalStateException(
          "the listening socket that was handed over cannot be used: " + taken.cause().getMessage(),
          taken.cause());
    }
    return taken.channel();
  }

  private Channel bind(ServerBootstrap bootstrap, InetSocketAddress address) {
    ChannelFuture bind =
        bootstrap.channel(transport.serverChannel()).bind(address).awaitUninterruptibly();
    if (!bind.isSuccess()) {
      acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS);
      String wanted = address.getHostString() + ":" + address.getPort();
      throw new IllegalStateException(
          "relay.listen=" + wanted + ": " + bind.cause().getMessage() + "; choose another",
          bind.cause());
    }
    return bind.channel();
  }

  /** Puts the handler where a connection's own one is to stand. */
  private final class Initializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      Duration stall = writeStall;
      Duration patience = stall.isZero() ? stall : stall.plus(KERNEL_GRACE);
      Tcp.boundWrites(transport, patience, connection.config()::setOption);
      connection.pipeline().addLast(handler);
    }
  }
}
