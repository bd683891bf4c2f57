package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tailtap.rig.IgnoredSignals;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A relay ends when it is told to, whatever holds it up, and by itself when its memory is spent; in
 * each case with its records.
 */
@Lengthy
class StopTest {
  private static final String ASK = "{\"model\":\"m-1\",\"stream\":true}";
  private static final String FIRST =
      "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m-1\","
          + "\"usage\":{\"input_tokens\":11,\"output_tokens\":1}}}\n\n";
  private static final Provider.Script ENDLESS =
      (request, answer) -> answer.chunkedHead("text/event-stream").chunk(FIRST).awaitClose();
  private static final Provider.Script SHORT =
      (request, answer) -> answer.chunkedHead("text/event-stream").chunk(FIRST).lastChunk();

  /** What a stop may take after the drain time; and what a busy machine may add. */
  private static final long STOP_SECONDS = 10 + 60;

  @TempDir private Path dir;

  @Test
  void aSecondSignalCutsTheStreamsAndKeepsTheirRecords() throws Exception {
    try (Provider provider = new Provider(ENDLESS)) {
      String config = RelayProcess.config(dir, provider, "relay.drain-timeout=5m");
      try (RelayProcess relay = new RelayProcess(dir, "serve", config);
          RawClient client = new RawClient(relay.port())) {
        client.post("/v1/messages", ASK).head();
        relay.signal("TERM");
        relay.awaitLogged("event=drain_begun streams=1 ");
        relay.awaitLogged("event=not_ready reason=draining");
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
        relay.awaitLogged("event=drain_ended reason=cut streams_cut=1 ");
        relay.awaitLogged("event=stopped ");
      }
      assertOneRow(config, "interrupted");
    }
  }

  @Test
  void aRelayWhoseLoopHangsEndsInTime() throws Exception {
    List<String> loud = List.of("-Dtailtap.log.dev.tailtap.usage=debug");
    try (Provider provider = new Provider(SHORT)) {
      String config = RelayProcess.config(dir, provider, "relay.drain-timeout=1s");
      try (RelayProcess relay = RelayProcess.failing(loud, dir, "serve", config);
          RawClient client = new RawClient(relay.port())) {
        client.post("/v1/messages", ASK);
        provider.take(); // its answer is the last that the loop reads
        assertEndsWithin(1 + STOP_SECONDS, relay);
        assertEquals(1, relay.exit());
        assertTrue(relay.err().contains("event=hard_stop "), relay.err());
      }
    }
  }

  @Test
  void aRelayWhoseDatabaseHangsEndsInTime() throws Exception {
    TestPostgres.lendBinaries(dir.resolve("postgres"));
    try (Provider provider = new Provider(SHORT)) {
      String config =
          RelayProcess.config(
              dir, provider, "relay.drain-timeout=1s", "store.dir=" + dir.resolve("postgres"));
      String text = Files.readString(Path.of(config));
      Files.writeString(Path.of(config), text.replaceAll("store.url=.*", "store.url=embedded"));
      try (RelayProcess relay = new RelayProcess(dir, "serve", config);
          RawClient client = new RawClient(relay.port())) {
        List<ProcessHandle> servers = servers(dir.resolve("postgres/cluster/postmaster.pid"));
        signal("STOP", servers);
        try {
          client.post("/v1/messages", ASK).answer();
          assertEndsWithin(1 + STOP_SECONDS, relay);
        } finally {
          signal("CONT", servers);
          signal("KILL", servers);
        }
      }
      assertFalse(RelayProcess.anyLeft(dir), "a process is left");
      assertOneRow(config, "completed");
      assertFalse(RelayProcess.anyLeft(dir), "a process is left");
    }
  }

  @Test
  void anErrorThatEndsAThreadEndsTheProcessWithItsRecords() throws Exception {
    endsByItself("error", "event=fatal_error thread=failing error=java.lang.OutOfMemoryError");
  }

  @Test
  void aFullHeapEndsTheProcessWithItsRecords() throws Exception {
    endsByItself("heap", "");
  }

  @Test
  void directMemoryIsRefusedAtOnceAndTheRelayServesOn() throws Exception {
    try (Provider provider = new Provider(SHORT)) {
      String config = RelayProcess.config(dir, provider);
      try (RelayProcess relay = RelayProcess.failing(List.of(), dir, "serve", config)) {
        int port = relay.port();
        relay.tell("direct");
        // The JDK's own refusal, which sleeps first, is a plain OutOfMemoryError.
        assertEquals("OutOfDirectMemoryError", relay.await("direct (\\w+)"));
        try (RawClient client = new RawClient(port)) {
          assertTrue(client.post("/v1/messages", ASK).answer().whole());
        }
        assertFalse(relay.err().contains("slow_allocation_failures"), relay.err());
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
      }
    }
  }

  @Test
  void aHangupIsToldAndEndsNothing() throws Exception {
    assumeFalse(IgnoredSignals.hangup(), "this run was started with hangups ignored");
    try (Provider provider = new Provider(SHORT)) {
      String config = RelayProcess.config(dir, provider);
      try (RelayProcess relay = new RelayProcess(dir, "serve", config)) {
        relay.awaitLogged("event=ready\n");
        relay.signal("HUP");
        relay.awaitLogged("event=hangup signal=SIGHUP");
        relay.awaitLogged("event=reload by=SIGHUP result=unchanged ");
        try (RawClient client = new RawClient(relay.port())) {
          assertTrue(client.post("/v1/messages", ASK).answer().whole());
        }
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
        for (String line :
            List.of("event=start ", "event=started ", "event=stop ", "event=stopped ")) {
          assertEquals(
              1, relay.err().lines().filter(logged -> logged.contains(line)).count(), relay.err());
        }
      }
    }
  }

  /** A call is open when it happens; it is a row after the next start. */
  private void endsByItself(String order, String said) throws Exception {
    try (Provider provider = new Provider(ENDLESS)) {
      String config = RelayProcess.config(dir, provider);
      try (RelayProcess relay = RelayProcess.failing(List.of(), dir, "serve", config);
          RawClient client = new RawClient(relay.port())) {
        client.post("/v1/messages", ASK).head();
        relay.tell(order);
        assertEquals(3, relay.exit(), relay.err());
        assertTrue(relay.err().contains(said), relay.err());
      }
      assertOneRow(config, "interrupted");
    }
  }

  private static void assertEndsWithin(long seconds, RelayProcess relay) throws Exception {
    long start = System.nanoTime();
    relay.signal("TERM");
    relay.exit();
    long took = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    assertTrue(took <= seconds, "it took " + took + " s\n" + relay.err());
  }

  private void assertOneRow(String config, String outcome) throws Exception {
    try (RelayProcess again = new RelayProcess(dir, "serve", config)) {
      again.port();
      int admin = again.adminPort();
      String page = "";
      long deadline = System.nanoTime() + Patience.NANOS;
      while (!page.contains("\"outcome\"") && System.nanoTime() < deadline) {
        page = get(admin, "/records");
      }
      assertTrue(page.contains("\"outcome\":\"" + outcome + "\""), page);
      assertEquals(2, page.split("\"outcome\"", -1).length, page);
      again.signal("TERM");
      assertEquals(0, again.exit(), again.err());
    }
  }

  private static String get(int port, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** The database's processes. */
  private static List<ProcessHandle> servers(Path pidFile) throws IOException {
    long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
    ProcessHandle first = ProcessHandle.of(pid).orElseThrow();
    return Stream.concat(Stream.of(first), first.descendants()).toList();
  }

  private static void signal(String name, List<ProcessHandle> to)
      throws IOException, InterruptedException {
    for (ProcessHandle process : to) {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }
  }
}
