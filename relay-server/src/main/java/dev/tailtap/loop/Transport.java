package dev.tailtap.loop;

import dev.tailtap.config.ServerConfig.TransportChoice;
import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * One of Netty's ways to reach the kernel: the classes of its channels and the handler of its
 * loops. {@code auto} is epoll where it loads, as long as no benchmark shows io_uring ahead.
 */
public enum Transport {
  IO_URING(
      IoUringServerSocketChannel.class, IoUringSocketChannel.class, IoUringDatagramChannel.class),
  EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class, EpollDatagramChannel.class),
  NIO(NioServerSocketChannel.class, NioSocketChannel.class, NioDatagramChannel.class);

  private final Class<? extends ServerChannel> serverChannel;
  private final Class<? extends Channel> clientChannel;
  private final Class<? extends DatagramChannel> datagramChannel;

  Transport(
      Class<? extends ServerChannel> serverChannel,
      Class<? extends Channel> clientChannel,
      Class<? extends DatagramChannel> datagramChannel) {
    this.serverChannel = serverChannel;
    this.clientChannel = clientChannel;
    this.datagramChannel = datagramChannel;
  }

  /**
   * Takes the transport that was asked for.
   *
   * @throws IllegalStateException if this machine does not load it; the message says why
   */
  public static Transport of(TransportChoice choice) {
    return switch (choice) {
      case AUTO -> Epoll.isAvailable() ? EPOLL : NIO;
      case IO_URING -> require(IO_URING, IoUring.unavailabilityCause());
      case EPOLL -> require(EPOLL, Epoll.unavailabilityCause());
      case NIO -> NIO;
    };
  }

  /**
   * Starts event loops.
   *
   * @param loops 0: one per core
   */
  public MultiThreadIoEventLoopGroup startLoops(int loops) {
    int threads = loops > 0 ? loops : Runtime.getRuntime().availableProcessors();
    return start("loop", threads, handlerFactory(true));
  }

  /**
   * Starts a loop that only accepts. Where the loop of the connections did that itself, a socket
   * accepted in the middle of a batch of epoll's events could get the descriptor of one that was
   * just closed, and with it the events that were meant for that one, which would close it.
   */
  public MultiThreadIoEventLoopGroup startAcceptor() {
    return start("acceptor", 1, handlerFactory(false));
  }

  private static MultiThreadIoEventLoopGroup start(
      String name, int threads, IoHandlerFactory factory) {
    return new FairLoops(threads, new DefaultThreadFactory(name, true), factory);
  }

  /**
   * Loops that look at their sockets again after some milliseconds of tasks, not after a second:
   * thousands of connections that open or close at once are tasks, and open streams have events.
   */
  private static final class FairLoops extends MultiThreadIoEventLoopGroup {
    private static final int TASK_MILLIS = 5;

    FairLoops(int threads, ThreadFactory threadFactory, IoHandlerFactory factory) {
      super(threads, threadFactory, factory);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
      return new SingleThreadIoEventLoop(
          this,
          executor,
          factory,
          Integer.MAX_VALUE,
          RejectedExecutionHandlers.reject(),
          TASK_MILLIS);
    }
  }

  /**
   * The same for a port that has nothing to do with streams.
   *
   * @param name of its thread
   */
  public MultiThreadIoEventLoopGroup startLoop(String name) {
    return start(name, 1, handlerFactory(false));
  }

  /**
   * Makes the channel of a socket that listens already, which goes with it. Epoll alone.
   *
   * @param descriptor this process's own
   */
  public ServerChannel listening(int descriptor) {
    if (this != EPOLL) {
      throw new IllegalStateException(
          "a socket that listens already can only be used with relay.transport=epoll");
    }
    return new EpollServerSocketChannel(descriptor);
  }

  /** The descriptor of a channel; -1 where its transport does not tell. */
  public static int descriptorOf(Channel channel) {
    return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
  }

  /** Lets the sockets of its loops share a ring of receive buffers, where there is one. */
  public void shareRing(SocketOptions options) {
    if (hasRing()) {
      ReceiveRing.share(options);
    }
  }

  /** Whether its loops have such a ring: else each socket reads into buffers of its own. */
  public boolean hasRing() {
    return this == IO_URING && ReceiveRing.usable();
  }

  public Class<? extends ServerChannel> serverChannel() {
    return serverChannel;
  }

  public Class<? extends Channel> clientChannel() {
    return clientChannel;
  }

  public Class<? extends DatagramChannel> datagramChannel() {
    return datagramChannel;
  }

  private IoHandlerFactory handlerFactory(boolean reads) {
    return switch (this) {
      case IO_URING ->
          reads ? IoUringIoHandler.newFactory(ReceiveRing.config()) : IoUringIoHandler.newFactory();
      case EPOLL -> PatchedEpoll.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  private static Transport require(Transport transport, Throwable unavailable) {
    if (unavailable != null) {
      throw new IllegalStateException(
          "relay.transport="
              + transport.name().toLowerCase(java.util.Locale.ROOT)
              + " does not load on this machine ("
              + unavailable.getMessage()
              + "): use auto",
          unavailable);
    }
    return transport;
  }
}
