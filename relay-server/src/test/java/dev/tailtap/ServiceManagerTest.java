package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service manager such as systemd gives a relay, and is told by it. */
@Lengthy
class ServiceManagerTest {
  private static final String ASK = "{\"model\":\"m-1\"}";

  /** As systemd with a socket unit: opens the sockets, says which they are, and runs the relay. */
  private static final String SOCKETS =
      """
      import os, socket, sys
      names, blocking = sys.argv[1], sys.argv[2] == 'blocking'
      ports = []
      listening = []
      for name in names.split(':'):
          s = socket.socket()
          s.bind(('127.0.0.1', 0))
          s.listen(64)
          s.setblocking(blocking)
          ports.append(str(s.getsockname()[1]))
          listening.append(os.dup(s.fileno()))
      high = [os.dup2(fd, 50 + i) for i, fd in enumerate(listening)]
      for i, fd in enumerate(high):
          os.dup2(fd, 3 + i, inheritable=True)
      os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(ports)), LISTEN_FDNAMES=names)
      print('given', *ports, flush=True)
      os.execv(sys.argv[3], sys.argv[3:])
      """;

  @TempDir private Path dir;

  @BeforeAll
  static void needsEpoll() {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
  }

  private RelayProcess given(String names, String mode, String config) throws Exception {
    List<String> python = List.of("python3", "-c", SOCKETS, names, mode);
    return RelayProcess.startedBy(python, dir, Map.of(), "serve", config);
  }

  @Test
  void servesAtTheSocketsThatItIsGiven() throws Exception {
    assumeTrue(hasPython(), "skipped: python3 missing");
    try (Provider provider =
        new Provider((request, answer) -> answer.whole(200, "application/json", "{}"))) {
      String config = RelayProcess.config(dir, provider);
      try (RelayProcess relay = given("admin:relay", "nonblocking", config)) {
        int admin = Integer.parseInt(relay.await("given (\\d+) "));
        int port = Integer.parseInt(relay.await("given \\d+ (\\d+)"));
        assertEquals(port, relay.port());
        assertEquals(admin, relay.adminPort());
        for (int i = 0; i < 3; i++) {
          try (RawClient client = new RawClient(port)) {
            assertEquals(200, client.post("/v1/messages", ASK).answer().status());
          }
          try (RawClient client = new RawClient(admin)) {
            assertEquals(200, client.get("/healthz").answer().status());
          }
        }
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
      }
      try (RelayProcess relay = given("tailtap.socket", "nonblocking", config)) {
        assertEquals(Integer.parseInt(relay.await("given (\\d+)")), relay.port());
      }
    }
  }

  @Test
  void saysWhatIsWrongWithTheSocketsThatItIsGiven() throws Exception {
    assumeTrue(hasPython(), "skipped: python3 missing");
    try (Provider provider = new Provider((request, answer) -> answer.close())) {
      String config = RelayProcess.config(dir, provider);
      try (RelayProcess relay = given("relay", "blocking", config)) {
        assertEquals(1, relay.exit());
        assertTrue(relay.err().contains("set NonBlocking=true in the service's unit"), relay.err());
      }
      try (RelayProcess relay = given("relay:web", "nonblocking", config)) {
        assertEquals(1, relay.exit());
        assertTrue(relay.err().contains("a socket is named \"web\""), relay.err());
      }
      try (RelayProcess relay = given("relay:relay", "nonblocking", config)) {
        assertEquals(1, relay.exit());
        assertTrue(relay.err().contains("two sockets are named \"relay\""), relay.err());
      }
    }
  }

  @Test
  void tellsWhenItServesAndWhenItStops() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    MultiThreadIoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Path socket = dir.resolve("notify");
    Channel manager =
        new Bootstrap()
            .group(loop)
            .channel(EpollDomainDatagramChannel.class)
            .handler(
                new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                  @Override
                  protected void channelRead0(ChannelHandlerContext ctx, DomainDatagramPacket msg) {
                    told.add(msg.content().toString(StandardCharsets.UTF_8));
                  }
                })
            .bind(new DomainSocketAddress(socket.toFile()))
            .sync()
            .channel();
    try (Provider provider = new Provider((request, answer) -> answer.close())) {
      String config = RelayProcess.config(dir, provider);
      Map<String, String> environment = Map.of("NOTIFY_SOCKET", socket.toString());
      try (RelayProcess relay = new RelayProcess(dir, environment, "serve", config)) {
        assertEquals("READY=1\nSTATUS=serving", told.poll(Patience.SECONDS, TimeUnit.SECONDS));
        relay.await("relays on port"); // it is ready when it says so, and not before
        relay.signal("TERM");
        assertEquals("STOPPING=1\nSTATUS=draining", told.poll(Patience.SECONDS, TimeUnit.SECONDS));
        assertEquals(0, relay.exit(), relay.err());
      }
      environment = Map.of("NOTIFY_SOCKET", dir.resolve("nobody").toString());
      try (RelayProcess relay = new RelayProcess(dir, environment, "serve", config)) {
        relay.awaitLogged("event=service_manager_not_told reason=\"(?!null\")[^\"]+\"");
      }
    } finally {
      manager.close().sync();
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (java.io.IOException missing) {
      return false;
    }
  }
}
