package dev.tailtap.admin;

import dev.tailtap.config.AdminConfig;
import dev.tailtap.loop.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The second port: health, metrics, figures. It runs on a thread of its own, away from the loops of
 * the data path, and never waits there: whoever is slow holds a connection and nothing else, and
 * the database is asked by two threads more, and the settings are reloaded by one.
 */
public final class AdminServer implements AutoCloseable {
  private static final Duration LIVE_PERIOD = Duration.ofSeconds(1);
  private static final long SWEEP_MS = 250;
  private static final long PATIENCE_MS = 2000;
  private static final int BACKLOG = 256;

  /** Requests sent ahead become objects, so little is read at once. */
  private static final int READ_BYTES = 2048;

  /** What the kernel holds of an answer that is not taken, and what we hold. */
  private static final int SEND_BUFFER = 128 << 10;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(16 << 10, 32 << 10);

  private final AdminConfig config;
  private final MultiThreadIoEventLoopGroup loop;
  private final Channel channel;
  private final Questions questions = new Questions(Questions.About.DATABASE);
  private final Questions settings = new Questions(Questions.About.SETTINGS);
  private final Callers callers = new Callers(System::nanoTime);
  private volatile AdminGuard guard;
  private volatile AdminConnection.Services services; // set once, before anybody is accepted

  private AdminServer(AdminConfig config, Transport transport, int descriptor) throws IOException {
    this.config = config;
    guard = new AdminGuard(config);
    loop = transport.startLoop("admin");
    ServerBootstrap bootstrap = bootstrap();
    ChannelFuture listening =
        descriptor < 0
            ? bootstrap.channel(transport.serverChannel()).bind(config.listen())
            : bootstrap.channelFactory(() -> transport.listening(descriptor)).register();
    channel = opened(listening.awaitUninterruptibly());
  }

  /**
   * Claims the address. Who connects waits until {@link #serve}.
   *
   * @param descriptor of a socket that listens already; -1: there is none
   * @throws IOException if the address cannot be had; the message says what to do
   */
  public static AdminServer bind(AdminConfig config, Transport transport, int descriptor)
      throws IOException {
    return new AdminServer(config, transport, descriptor);
  }

  /** The descriptor of the socket that listens; -1 where the transport does not tell. */
  public int descriptor() {
    return Transport.descriptorOf(channel);
  }

  /** Serves until closed. */
  public void serve(AdminSources sources) {
    serve(sources, LIVE_PERIOD);
  }

  /**
   * The same.
   *
   * @param livePeriod from one event of {@code /live} to the next
   */
  void serve(AdminSources sources, Duration livePeriod) {
    EventExecutor executor = loop.next();
    LivePage live = new LivePage(sources, InstantSource.system());
    services =
        new AdminConnection.Services(
            callers,
            new AdminRouter(() -> guard, new Endpoints(sources)),
            questions,
            settings,
            new LiveFeed(executor, livePeriod, live::event));
    executor.scheduleAtFixedRate(callers::sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
    channel.config().setAutoRead(true);
  }

  /** Asks the next request for this token, and knows these hosts. Any thread. */
  public void use(AdminConfig next) {
    guard = new AdminGuard(next);
  }

  /** The port that it listens on, also where the settings say 0. */
  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Closes the port and every connection. Idempotent. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly(PATIENCE_MS);
    if (!loop.isShuttingDown()) { // callers first: an interrupted question is no answer to give
      loop.submit(callers::close).awaitUninterruptibly(PATIENCE_MS);
    }
    questions.close();
    settings.close();
    loop.shutdownGracefully(0, PATIENCE_MS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(PATIENCE_MS);
  }

  private ServerBootstrap bootstrap() {
    return new ServerBootstrap()
        .group(loop)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER)
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
        .childHandler(new Initializer());
  }

  private Channel opened(ChannelFuture bind) throws IOException {
    if (!bind.isSuccess()) {
      loop.shutdownGracefully(0, PATIENCE_MS, TimeUnit.MILLISECONDS);
      String wanted = config.listen().getHostString() + ":" + config.listen().getPort();
      throw new IOException(
          "admin.listen=" + wanted + ": " + bind.cause().getMessage() + "; choose another",
          bind.cause());
    }
    return bind.channel();
  }

  private final class Initializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      new AdminConnection(services).install(connection.pipeline());
    }
  }
}
