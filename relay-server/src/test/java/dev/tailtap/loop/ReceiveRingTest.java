package dev.tailtap.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** io_uring's ring of receive buffers, and io_uring without one. */
class ReceiveRingTest {
  private static final int SENDERS = 16; // with multishot receives these empty a ring of 256
  private static final int SENT_BYTES = 32 * 1024 * 1024;
  private static final int TURNS = 2000;
  private static final int ONE_READ = 4096;

  private final CountDownLatch stopped = new CountDownLatch(SENDERS);
  private final AtomicLong late = new AtomicLong();

  @TempDir private Path dir;

  @Test
  void bringsNoMoreThanOneReadOnceReadingStops() throws Exception {
    assumeTrue(IoUring.isAvailable(), "skipped: io_uring missing");
    assumeTrue(IoUring.isRegisterBufferRingSupported(), "skipped: the kernel has no such rings");
    Transport transport = Transport.of(TransportChoice.IO_URING);
    assertTrue(transport.hasRing());
    EventLoopGroup loops = transport.startLoops(1);
    List<Socket> senders = new ArrayList<>();
    try {
      int port = listen(transport, loops);
      for (int i = 0; i < SENDERS; i++) {
        senders.add(send(port));
      }
      assertTrue(stopped.await(Patience.SECONDS, TimeUnit.SECONDS));
      for (int i = 0; i < TURNS; i++) { // of the loop, which reads on if it can
        loops.submit(() -> {}).sync();
      }
      assertTrue(late.get() <= SENDERS * ONE_READ, late + " bytes came though reading had stopped");
    } finally {
      for (Socket sender : senders) {
        sender.close();
      }
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  /** Netty's multishot receive makes the ring unusable on any kernel. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void relaysWithAndWithoutRing(boolean multishot) throws Exception {
    assumeTrue(IoUring.isAvailable(), "skipped: io_uring missing");
    boolean ring = IoUring.isRegisterBufferRingSupported() && !multishot;
    List<String> flags =
        multishot ? List.of("-Dio.netty.iouring.recvMultiShotEnabled=true") : List.of();
    String large = "0123456789".repeat(300_000);
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", request.text()));
        RelayProcess relay =
            new RelayProcess(
                flags,
                dir,
                "serve",
                RelayProcess.config(dir, provider, "relay.transport=io_uring"));
        RawClient client = new RawClient(relay.port())) {
      assertEquals(large, client.post("/v1/large", large).answer().text());
      relay.awaitLogged("transport=IO_URING ring=" + ring + " ");
    }
  }

  private int listen(Transport transport, EventLoopGroup loops) throws InterruptedException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverChannel())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Stopping());
                  }
                });
    transport.shareRing(bootstrap::childOption);
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Channel listening = bootstrap.bind(any).sync().channel();
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** A socket whose writer ends when it is closed at the latest. */
  private static Socket send(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    Thread writer =
        new Thread(
            () -> {
              try {
                socket.getOutputStream().write(new byte[SENT_BYTES]);
              } catch (IOException closed) {
                // as the test is over
              }
            });
    writer.setDaemon(true);
    writer.start();
    return socket;
  }

  /** Stops reading at the first bytes, and counts those that come nevertheless. */
  private final class Stopping extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      ByteBuf bytes = (ByteBuf) msg;
      if (ctx.channel().config().isAutoRead()) {
        ctx.channel().config().setAutoRead(false);
        stopped.countDown();
      } else {
        late.addAndGet(bytes.readableBytes());
      }
      bytes.release();
    }
  }
}
