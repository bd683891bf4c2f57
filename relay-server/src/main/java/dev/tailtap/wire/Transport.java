package dev.tailtap.wire;

import dev.tailtap.config.ServerConfig.TransportChoice;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * One of Netty's ways to reach the kernel: the classes of its channels and the handler of its
 * loops. {@code auto} is epoll where it loads, as long as no benchmark shows io_uring ahead.
 */
public enum Transport {
  IO_URING(
      IoUringServerSocketChannel.class, IoUringSocketChannel.class, IoUringDatagramChannel.class),
  EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class, EpollDatagramChannel.class),
  NIO(NioServerSocketChannel.class, NioSocketChannel.class, NioDatagramChannel.class);

  /** The one ring of receive buffers that all sockets of a loop share. */
  private static final short RING = 1;

  private static final short RING_BUFFERS = 256;
  private static final int RING_BUFFER_BYTES = 4096;

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
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory("loop", true), handlerFactory());
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

  private IoHandlerFactory handlerFactory() {
    return switch (this) {
      case IO_URING -> IoUringIoHandler.newFactory(ringConfig());
      case EPOLL -> EpollIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  /**
   * Lets sockets read into the loop's ring where the kernel has such rings (5.19 or newer): else
   * each read is a poll and a receive. A socket that finds the ring empty reads as if there were
   * none.
   */
  public void shareRing(Tcp.Options options) {
    if (this == IO_URING && IoUring.isRegisterBufferRingSupported()) {
      options.set(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, RING);
    }
  }

  private static IoUringIoHandlerConfig ringConfig() {
    IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
    if (IoUring.isRegisterBufferRingSupported()) {
      config.setBufferRingConfig(
          IoUringBufferRingConfig.builder()
              .bufferGroupId(RING)
              .bufferRingSize(RING_BUFFERS)
              .batchSize(RING_BUFFERS / 2)
              .incremental(IoUring.isRegisterBufferRingIncSupported())
              .allocator(new IoUringFixedBufferRingAllocator(RING_BUFFER_BYTES))
              .build());
    }
    return config;
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
