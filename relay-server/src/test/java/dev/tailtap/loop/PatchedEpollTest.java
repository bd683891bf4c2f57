package dev.tailtap.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Patience;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.Epoll;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That who leaves has no longer turn of a loop than who stays. */
class PatchedEpollTest {
  private static final int QUEUED = 100_000;
  private static final int A_READ = 512;

  private final Reads reads = new Reads();
  private EventLoopGroup loops;
  private Channel listener;

  private enum Leaving {
    HALF,
    CLOSED,
    CLOSED_WHILE_NOT_READ
  }

  @BeforeEach
  void listen() throws Exception {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
    loops = Transport.EPOLL.startLoops(1);
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(Transport.EPOLL.serverChannel())
            .childHandler(reads)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(A_READ).maxMessagesPerRead(1))
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
  }

  @AfterEach
  void stop() throws Exception {
    if (loops != null) {
      loops.shutdownGracefully(0, Patience.NANOS, TimeUnit.NANOSECONDS).sync();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsLeftOfAConnectionIsReadByTurns(Leaving how) throws Exception {
    int port = ((InetSocketAddress) listener.localAddress()).getPort();
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.getOutputStream().write(new byte[QUEUED]);
      if (how == Leaving.HALF) {
        client.shutdownOutput();
        assertTurns(true);
      }
    }
    if (how != Leaving.HALF) {
      assertTurns(how == Leaving.CLOSED);
    }
  }

  private void assertTurns(boolean read) throws InterruptedException {
    reads.accepted().config().setAutoRead(read);
    assertTrue(reads.ended.await(Patience.NANOS, TimeUnit.NANOSECONDS), "its end is noticed");
    assertEquals(QUEUED, reads.bytes);
    assertEquals(1, reads.mostInATurn);
  }

  /** Counts what comes; on the loop alone but for what waits. */
  private static final class Reads extends ChannelInboundHandlerAdapter {
    private final CountDownLatch active = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Channel channel;
    private int bytes; // to be looked at after the end, as is the next
    private int mostInATurn;
    private int inThisTurn;

    Channel accepted() throws InterruptedException {
      assertTrue(active.await(Patience.NANOS, TimeUnit.NANOSECONDS));
      return channel;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      active.countDown();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      ByteBuf read = (ByteBuf) msg;
      bytes += read.readableBytes();
      read.release();
      mostInATurn = Math.max(mostInATurn, ++inThisTurn);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      inThisTurn = 0;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      ended.countDown();
    }
  }
}
