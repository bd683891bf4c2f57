package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay that starts beside the one that runs, and takes its place. */
@Lengthy
class HandoverTest {
  private static final String ASK = "{\"model\":\"m-1\",\"stream\":true}";
  private static final String FIRST =
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
  private static final String LAST =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n"
          + "data: [DONE]\n\n";

  @TempDir private Path dir;
  private final CountDownLatch released = new CountDownLatch(1);

  /** Streams wait for the release between their events; the rest is answered at once. */
  private void script(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    if (request.line().contains("/chat/completions")) {
      answer.chunkedHead("text/event-stream").chunk(FIRST);
      released.await();
      answer.chunk(LAST).lastChunk();
    } else {
      answer.whole(200, "application/json", "{}");
    }
  }

  private String config(Provider provider, String... lines) throws IOException {
    String[] all = new String[lines.length + 2];
    all[0] = "relay.handover=" + dir.resolve("handover.sock");
    all[1] = "relay.drain-timeout=5m";
    System.arraycopy(lines, 0, all, 2, lines.length);
    return RelayProcess.config(dir, provider, all);
  }

  private RelayProcess relay(String name, String config) throws IOException {
    return new RelayProcess(dir, "serve", config, "--set", "relay.instance=" + name);
  }

  private static void call(int port, String name) throws IOException {
    try (RawClient client = new RawClient(port)) {
      assertEquals(200, client.post("/v1/messages", ASK).answer().status(), name);
    }
  }

  private static List<String> rows(String config, String columns) throws Exception {
    return TestPostgres.ask(
        TestPostgres.databaseOf(config),
        "select concat_ws(' ', "
            + columns
            + ", count(*)) from usage_record group by "
            + columns
            + " order by 1");
  }

  private static void awaitRows(String config, String columns, List<String> expected)
      throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!rows(config, columns).equals(expected) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    assertEquals(expected, rows(config, columns));
  }

  @Test
  @Rule(
      value = "A hand-over refuses no connection, cuts no stream, and loses or interrupts no row",
      source = "docs/OPERATIONS.md")
  void theNextOneAcceptsWhileTheFormerOneEndsItsStreams() throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess former = relay("former", config);
          RawClient streams = new RawClient(former.port());
          Knocker knocker = new Knocker(former.port())) {
        int port = former.port();
        RawClient.Answer begun = streams.post("/v1/chat/completions", ASK).head();
        assertEquals(200, begun.status());
        assertEquals(FIRST, streams.chunk());
        knocker.start();
        former.awaitLogged("event=started ");
        try (RelayProcess next = relay("next", config)) {
          assertEquals(port, next.port());
          assertEquals(former.adminPort(), next.adminPort());
          former.awaitLogged("event=handed_over");
          former.awaitLogged("event=drain_begun streams=");
          for (int i = 0; i < 20; i++) {
            call(port, "after");
          }
          knocker.stop();
          released.countDown();
          assertTrue(streams.rest(begun).text().endsWith("data: [DONE]\n\n"));
          assertEquals(0, former.exit(), former.err());
          assertTrue(former.err().contains("reason=all_ended streams_cut=0"), former.err());
          assertTrue(Files.exists(dir.resolve("handover.sock")), "the next one listens there");
          call(port, "alone");
          next.signal("TERM");
          assertEquals(0, next.exit(), next.err());
          assertFalse(Files.exists(dir.resolve("handover.sock")));
        }
        long calls = knocker.answered() + 22;
        assertEquals(List.of("completed " + calls), rows(config, "outcome"));
        assertTrue(rows(config, "relay, usage_state").contains("former final 1"));
        assertTrue(
            rows(config, "relay").stream().anyMatch(row -> row.startsWith("next ")),
            "the next one has served");
      }
    }
  }

  @Test
  void whatAFormerOneLeavesThatIsKilledIsWrittenByTheNext() throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess former = relay("former", config);
          RawClient streams = new RawClient(former.port())) {
        streams.post("/v1/chat/completions", ASK).head();
        try (RelayProcess next = relay("next", config)) {
          next.port();
          former.awaitLogged("event=drain_begun streams=1 ");
          call(next.port(), "beside");
          awaitRows(config, "outcome", List.of("completed 1"));
          former.signal("KILL");
          awaitRows(config, "outcome", List.of("completed 1", "interrupted 1"));
          next.awaitLogged("event=journal_adoption_ended dir=\\S+ records_left=0");
        }
      }
      released.countDown();
    }
  }

  @Test
  void theRelayThatRunsServesOnIfTheNextOneFails() throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess former = relay("former", config)) {
        int port = former.port();
        former.awaitLogged("event=started ");
        Path other = dir.resolve("other");
        try (RelayProcess next =
            new RelayProcess(dir, "serve", config, "--set", "journal.dir=" + other)) {
          assertEquals(1, next.exit());
          assertTrue(next.err().contains("journal.dir="), next.err());
          assertTrue(next.err().contains("the relay that runs serves on"), next.err());
        }
        String nowhere = TestPostgres.freshDatabase() + "&user=nobody-of-that-name";
        try (RelayProcess next =
            new RelayProcess(dir, "serve", config, "--set", "store.url=" + nowhere)) {
          assertEquals(1, next.exit(), next.err());
        }
        former.awaitLogged("event=handover_failed serving=on reason=\"the other relay left\"");
        leaveAfter(former, "GO");
        call(port, "still");
        try (RelayProcess next = relay("next", config)) {
          assertEquals(port, next.port());
          assertEquals(0, former.exit(), former.err());
          call(port, "next");
        }
      }
    }
  }

  /** Says all that a next relay says, and leaves when it is told to serve. */
  private void leaveAfter(RelayProcess former, String word) throws Exception {
    try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.connect(UnixDomainSocketAddress.of(dir.resolve("handover.sock")));
      String terms =
          "tailtap-handover 1\t127.0.0.1:0\t127.0.0.1:0\t" + dir.resolve("journal") + "\n";
      socket.write(ByteBuffer.wrap((terms + "SEND\nREADY\n").getBytes(StandardCharsets.UTF_8)));
      StringBuilder said = new StringBuilder();
      ByteBuffer some = ByteBuffer.allocate(256);
      while (said.indexOf(word) < 0 && socket.read(some) >= 0) {
        said.append(StandardCharsets.UTF_8.decode(some.flip()));
        some.clear();
      }
      assertTrue(said.indexOf(word) >= 0, said.toString());
    }
    former.awaitLogged("(?s)handover_failed.*handover_failed.*handover_failed");
  }

  @Test
  void oneThatIsToldToStopBeforeItServesTakesNobodysPlace() throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess former = relay("former", config)) {
        int port = former.port();
        former.awaitLogged("event=started ");
        former.signal("STOP"); // so that the next one is still about to ask it
        try (RelayProcess next = relay("next", config)) {
          next.awaitLogged("event=start ");
          next.signal("TERM");
          next.awaitLogged("event=stop signal=SIGTERM once=started");
          former.signal("CONT");
          assertEquals(0, next.exit(), next.err());
        }
        former.awaitLogged("event=handover_failed serving=on");
        call(port, "still");
      }
    }
  }

  /** A next relay that has got the sockets and says nothing more. */
  private SocketChannel silentNext() throws IOException {
    SocketChannel next =
        SocketChannel.open(UnixDomainSocketAddress.of(dir.resolve("handover.sock")));
    String terms = "tailtap-handover 1\tother:1\tother:2\t" + dir.resolve("journal") + "\nSEND\n";
    next.write(ByteBuffer.wrap(terms.getBytes(StandardCharsets.UTF_8)));
    assertTrue(next.read(ByteBuffer.allocate(256)) > 0, "it is heard");
    return next;
  }

  @Test
  void oneThatStopsGivesAHandOverNoMoreTimeThanItsStreams() throws Exception {
    stopsBesideASilentNext("relay.drain-timeout=1s", former -> former.signal("TERM"));
  }

  @Test
  void aSecondSignalEndsTheWaitForAHandOver() throws Exception {
    stopsBesideASilentNext(
        "relay.drain-timeout=5m",
        former -> {
          former.signal("TERM");
          former.awaitLogged("event=stop signal=SIGTERM");
          former.signal("TERM");
        });
  }

  /** With a stream that does not end, which is cut, and a peer at the socket that says no more. */
  private void stopsBesideASilentNext(String drainTimeout, Stop stop) throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess former = new RelayProcess(dir, "serve", config, "--set", drainTimeout);
          RawClient streams = new RawClient(former.port())) {
        former.awaitLogged("event=started ");
        streams.post("/v1/chat/completions", ASK).head();
        try (SocketChannel next = silentNext()) {
          stop.tell(former);
          assertEquals(0, former.exit(), former.err());
          assertTrue(next.isOpen());
        }
      }
      assertEquals(List.of("interrupted 1"), rows(config, "outcome"));
      released.countDown();
    }
  }

  /** How a relay is told to stop. */
  private interface Stop {
    void tell(RelayProcess relay) throws IOException, InterruptedException;
  }

  @Test
  void oneWhoseFormerOneIsGoneServesThoughItCanHandOverToNobody() throws Exception {
    Path socket = dir.resolve("handover.sock");
    try (Provider provider = new Provider(this::script);
        ServerSocketChannel former = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      former.bind(UnixDomainSocketAddress.of(socket));
      String config = config(provider);
      try (RelayProcess next = relay("next", config);
          SocketChannel heard = former.accept()) {
        Files.delete(socket);
        Files.createDirectory(socket);
        heard.write(ByteBuffer.wrap("SOCKETS \nGO\nBYE\n".getBytes(StandardCharsets.UTF_8)));
        call(next.port(), "alone");
        next.awaitLogged("event=handover_impossible serving=on reason=.*there is something else");
        next.signal("TERM");
        assertEquals(0, next.exit(), next.err());
      }
    }
  }

  @Test
  void aSocketThatAKilledOneLeftIsNoObstacle() throws Exception {
    try (Provider provider = new Provider(this::script)) {
      String config = config(provider);
      try (RelayProcess killed = relay("killed", config)) {
        killed.port();
        assertNotNull(killed.awaitLogged("event=started "));
        killed.signal("KILL");
        killed.exit();
      }
      assertTrue(Files.exists(dir.resolve("handover.sock")));
      try (RelayProcess next = relay("next", config)) {
        call(next.port(), "next");
        next.signal("TERM");
        assertEquals(0, next.exit(), next.err());
      }
    }
  }

  /** Connects and asks all the time. */
  private static final class Knocker implements AutoCloseable {
    private final int port;
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<String> failures = new ArrayList<>(); // by the thread, until it is joined
    private final Thread thread = new Thread(this::run, "knocker");
    private long answered;

    Knocker(int port) {
      this.port = port;
    }

    void start() {
      thread.start();
    }

    void stop() throws InterruptedException {
      over.set(true);
      thread.join();
      assertEquals(List.of(), failures);
    }

    long answered() {
      return answered;
    }

    private void run() {
      while (!over.get()) {
        try {
          call(port, "knock");
          answered++;
        } catch (IOException | AssertionError failure) {
          failures.add(failure.toString());
        }
      }
    }

    @Override
    public void close() {
      over.set(true);
    }
  }
}
