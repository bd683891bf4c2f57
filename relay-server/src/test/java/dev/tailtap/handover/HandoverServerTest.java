package dev.tailtap.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Patience;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two relays at either end of a Unix socket, in one process. */
@SuppressWarnings("try") // a server does its work unasked
class HandoverServerTest {
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir private Path dir;
  private final Semaphore handedOver = new Semaphore(0);

  @BeforeAll
  static void needsEpoll() {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
  }

  private Terms terms(String relay, String admin) {
    return new Terms(relay, admin, dir.toString());
  }

  private Path socket() {
    return dir.resolve("handover.sock");
  }

  private HandoverServer server(ListeningSockets sockets, Duration most) throws IOException {
    return HandoverServer.open(
        socket(), terms("127.0.0.1:1", "127.0.0.1:2"), sockets, most, handedOver::release);
  }

  /** What the server says until it closes. */
  private String talk(String words) throws IOException {
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(socket()));
      ByteBuffer bytes = ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8));
      try {
        while (bytes.hasRemaining()) {
          client.write(bytes);
        }
      } catch (IOException closedBefore) {
        // It has heard enough.
      }
      StringBuilder said = new StringBuilder();
      ByteBuffer some = ByteBuffer.allocate(256);
      while (read(client, some) >= 0) {
        said.append(StandardCharsets.UTF_8.decode(some.flip()));
        some.clear();
      }
      return said.toString();
    }
  }

  private static int read(SocketChannel client, ByteBuffer some) {
    try {
      return client.read(some);
    } catch (IOException reset) {
      return -1;
    }
  }

  @Test
  void letsGoOfWhoDoesNotServeInTime() throws Exception {
    String hello = terms("127.0.0.1:3", "127.0.0.1:4").line() + "\n";
    try (HandoverServer server = server(ListeningSockets.NONE, SHORT)) {
      assertEquals("", talk(""));
      assertEquals("SOCKETS \n", talk(hello));
      assertEquals("SOCKETS \n", talk(hello + "SEND\n"));
      assertEquals("SOCKETS \nGO\n", talk(hello + "SEND\nREADY\n"));
    }
    assertEquals(0, handedOver.availablePermits());
  }

  @Test
  void aWordThatComesTooLateIsNotHeard() {
    EpollDomainSocketChannel channel = new EpollDomainSocketChannel();
    Peer peer = new Peer(channel);
    peer.channelRead(null, Unpooled.copiedBuffer("SERVING\n", StandardCharsets.UTF_8));
    assertThrows(IOException.class, () -> peer.await("SERVING", System.nanoTime() - 1));
    channel.unsafe().closeForcibly();
  }

  @Test
  void servesOnIfTheNextOneDoesNotHearThatAllIsItsOwn() throws Exception {
    String words = terms("a", "b").line() + "\nSEND\nREADY\n";
    try (HandoverServer server = server(ListeningSockets.NONE, LONG)) {
      try (SocketChannel next = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
        next.write(ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)));
        ByteBuffer said = ByteBuffer.allocate(256);
        while (!new String(said.array(), 0, said.position(), StandardCharsets.UTF_8)
            .endsWith("GO\n")) {
          next.read(said);
        }
        next.shutdownInput(); // as one that is gone, but for its last word
        next.write(ByteBuffer.wrap("SERVING\n".getBytes(StandardCharsets.UTF_8)));
        assertTrue(talk("anything else\n").startsWith("NO the two"), "it still hands over");
      }
    }
    assertEquals(0, handedOver.availablePermits());
  }

  @Test
  void isNotHarmedByWhoSaysSomethingElse() throws Exception {
    try (HandoverServer server = server(ListeningSockets.NONE, LONG)) {
      assertTrue(talk("GET / HTTP/1.1\n").startsWith("NO the two do not speak the same version"));
      assertTrue(talk("tailtap-handover 2\ta\tb\tc\n").startsWith("NO "));
      assertTrue(
          talk("tailtap-handover 1\ta\tb\t/elsewhere\n").startsWith("NO the relay that runs"));
      assertEquals("", talk("x".repeat(100_000)));
      assertEquals("", talk("\n".repeat(1000)).replaceAll("NO .*\n", ""));
      String hello = terms("a", "b").line() + "\n";
      assertEquals("SOCKETS \n", talk(hello + "SERVING\n"));
      assertEquals(0, handedOver.availablePermits());
      try (Takeover next =
          Takeover.from(socket(), terms("a", "b"), ListeningSockets.NONE, () -> {})) {
        next.ready();
        next.serving();
      }
      assertTrue(handedOver.tryAcquire(Patience.SECONDS, TimeUnit.SECONDS));
    }
  }

  /** Says what a relay says that hands over, up to the next one's last word, and is gone then. */
  private Thread former(ServerSocketChannel listening, boolean servesOn) {
    Thread former =
        new Thread(
            () -> {
              try (SocketChannel next = listening.accept()) {
                next.write(ByteBuffer.wrap("SOCKETS \nGO\n".getBytes(StandardCharsets.UTF_8)));
                ByteBuffer said = ByteBuffer.allocate(1024);
                while (!new String(said.array(), 0, said.position(), StandardCharsets.UTF_8)
                    .endsWith("SERVING\n")) {
                  next.read(said);
                }
                if (!servesOn) {
                  listening.close();
                }
              } catch (IOException broken) {
                // The other side says what it saw.
              }
            });
    former.start();
    return former;
  }

  @Test
  void aFormerOneThatIsGoneIsNotTakenForOneThatServesOn() throws Exception {
    for (boolean servesOn : new boolean[] {false, true}) {
      Files.deleteIfExists(socket());
      try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        listening.bind(UnixDomainSocketAddress.of(socket()));
        Thread former = former(listening, servesOn);
        try (Takeover next =
            Takeover.from(socket(), terms("a", "b"), ListeningSockets.NONE, () -> {})) {
          next.ready();
          if (servesOn) {
            assertThrows(IOException.class, next::serving);
          } else {
            next.serving(); // its process is still there: it is this one
          }
        }
        former.join();
      }
    }
  }

  /** How many descriptors of this process are either end of the pipe. */
  private static int opened(FileDescriptor pipe) throws IOException {
    Path all = Path.of("/proc/self/fd");
    Path link = Files.readSymbolicLink(all.resolve(Integer.toString(pipe.intValue())));
    int count = 0;
    try (DirectoryStream<Path> each = Files.newDirectoryStream(all)) {
      for (Path descriptor : each) {
        try {
          count += Files.readSymbolicLink(descriptor).equals(link) ? 1 : 0;
        } catch (NoSuchFileException closed) {
          // It was another's.
        }
      }
    }
    return count;
  }

  @Test
  void ofSocketsThatBothGiveTheServiceManagersCount() throws Exception {
    FileDescriptor[] pipe = FileDescriptor.pipe();
    FileDescriptor[] own = FileDescriptor.pipe();
    try (HandoverServer server =
            server(new ListeningSockets(pipe[0].intValue(), pipe[1].intValue()), LONG);
        Takeover next =
            Takeover.from(
                socket(),
                terms("127.0.0.1:1", "127.0.0.1:2"),
                new ListeningSockets(own[0].intValue(), -1),
                () -> {})) {
      assertEquals(own[0].intValue(), next.sockets().relay());
      assertTrue(next.sockets().admin() >= 0, "the former one's");
      assertEquals(3, opened(pipe[0]), "both ends, and what is needed of them");
      new FileDescriptor(next.sockets().admin()).close();
    } finally {
      for (FileDescriptor each : new FileDescriptor[] {pipe[0], pipe[1], own[0], own[1]}) {
        each.close();
      }
    }
  }

  @Test
  void givesTheSocketsThatBothHaveByTheirNames() throws Exception {
    FileDescriptor[] pipe = FileDescriptor.pipe();
    ListeningSockets own = new ListeningSockets(pipe[0].intValue(), pipe[1].intValue());
    try (HandoverServer server = server(own, LONG);
        Takeover next =
            Takeover.from(
                socket(), terms("127.0.0.1:9", "127.0.0.1:2"), ListeningSockets.NONE, () -> {})) {
      assertEquals(-1, next.sockets().relay());
      FileDescriptor given = new FileDescriptor(next.sockets().admin());
      ByteBuffer word = ByteBuffer.allocateDirect(2).put(new byte[] {7, 8}).flip();
      assertEquals(2, given.write(word, 0, 2)); // the pipe's other end has it
      ByteBuffer read = ByteBuffer.allocateDirect(2);
      assertEquals(2, pipe[0].read(read, 0, 2));
      given.close();
    } finally {
      pipe[0].close();
      pipe[1].close();
    }
  }

  @Test
  void theNameBelongsToWhoListensThereLast() throws Exception {
    HandoverServer former = server(ListeningSockets.NONE, LONG);
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
    HandoverServer next = server(ListeningSockets.NONE, LONG);
    former.close();
    assertTrue(Files.exists(socket()), "the next one's");
    next.close();
    assertFalse(Files.exists(socket()));
    Files.writeString(socket(), "not a socket");
    IOException refused =
        assertThrows(IOException.class, () -> server(ListeningSockets.NONE, LONG).close());
    assertTrue(refused.getMessage().contains("there is something else"), refused.getMessage());
    assertEquals("not a socket", Files.readString(socket()));
  }

  @Test
  void saysBeforehandWhetherItsSocketHasAPlace() throws Exception {
    HandoverServer.check(socket());
    assertFalse(Files.exists(socket()));
    Path nowhere = dir.resolve("gone").resolve("handover.sock");
    IOException refused = assertThrows(IOException.class, () -> HandoverServer.check(nowhere));
    assertTrue(refused.getMessage().contains("its directory must be there"), refused.getMessage());
  }

  @Test
  void aServiceManagersSocketsAreTheOnesOfTheProcessThatItNames() throws Exception {
    Map<String, String> others = Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1");
    assertEquals(
        ListeningSockets.NONE,
        ListeningSockets.ofServiceManager(others, ProcessHandle.current().pid()));
    Map<String, String> odd = Map.of("LISTEN_PID", "7", "LISTEN_FDS", "many");
    assertThrows(IOException.class, () -> ListeningSockets.ofServiceManager(odd, 7));
  }
}
