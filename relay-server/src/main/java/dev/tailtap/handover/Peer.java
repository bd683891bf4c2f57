package dev.tailtap.handover;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.PeerCredentials;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The other relay, at the other end of a Unix socket: lines and descriptors, in turns that both
 * know. For one thread that may wait; what comes is put down by the loop.
 */
final class Peer extends ChannelInboundHandlerAdapter implements AutoCloseable {
  private static final int MOST_OF_LINE = 8192;
  private static final Object END = new Object();

  private final BlockingQueue<Object> came = new LinkedBlockingQueue<>(16);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream(); // by the loop
  private final EpollDomainSocketChannel channel;

  Peer(EpollDomainSocketChannel channel) {
    this.channel = channel;
  }

  /** Whether it runs as the same user as this process, or as root. */
  boolean isOfOurUser() throws IOException {
    PeerCredentials credentials = channel.peerCredentials();
    Object own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return credentials.uid() == 0 || own.equals(credentials.uid());
  }

  void say(String text) {
    write(text);
  }

  /**
   * The last word, after which nobody looks whether it came.
   *
   * @throws IOException if the peer has left: it cannot hear it
   */
  void sayLast(String text) throws IOException {
    ChannelFuture said = write(text).awaitUninterruptibly();
    if (!said.isSuccess()) {
      throw new IOException("the other relay left", said.cause());
    }
  }

  private ChannelFuture write(String text) {
    return channel.writeAndFlush(Unpooled.copiedBuffer(text + "\n", UTF_8));
  }

  void give(int descriptor) {
    channel.writeAndFlush(new FileDescriptor(descriptor));
  }

  /** What comes next are descriptors, or lines. */
  void expect(DomainSocketReadMode next) {
    channel.config().setReadMode(next);
  }

  /**
   * The next line.
   *
   * @param deadline of System.nanoTime
   * @throws IOException if none comes until then, or the peer leaves; one that is there is too late
   *     after it, as where this process was stopped meanwhile
   */
  String line(long deadline) throws IOException {
    return (String) next(deadline, String.class);
  }

  /** The next line, which has to be this one. */
  void await(String expected, long deadline) throws IOException {
    String said = line(deadline);
    if (!said.equals(expected)) {
      throw new IOException("the other relay says " + said);
    }
  }

  /** The next descriptor, which is this process's from now on. */
  int descriptor(long deadline) throws IOException {
    return ((FileDescriptor) next(deadline, FileDescriptor.class)).intValue();
  }

  private Object next(long deadline, Class<?> kind) throws IOException {
    try {
      Object next = came.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null || System.nanoTime() - deadline > 0) {
        throw new IOException("the other relay did not answer in time");
      }
      if (!kind.isInstance(next)) {
        throw new IOException("the other relay left");
      }
      return next;
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new IOException("this relay stops", stopping);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (msg instanceof ByteBuf bytes) {
      try {
        read(bytes);
      } finally {
        ReferenceCountUtil.release(msg);
      }
    } else {
      put(msg);
    }
  }

  private void read(ByteBuf bytes) {
    while (bytes.isReadable()) {
      byte next = bytes.readByte();
      if (next == '\n') {
        put(line.toString(UTF_8));
        line.reset();
      } else if (line.size() < MOST_OF_LINE) {
        line.write(next);
      } else {
        channel.close();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    put(END);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    channel.close();
  }

  /** Who sends more than it is its turn to is not listened to. */
  private void put(Object each) {
    if (!came.offer(each)) {
      channel.close();
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
