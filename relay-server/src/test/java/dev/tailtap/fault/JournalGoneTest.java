package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal's directory is taken away under a whole relay, and given back. */
@Lengthy
class JournalGoneTest {

  @TempDir private Path parent;

  @Test
  void admitsNobodyWithoutItsJournalsDirectoryAndGoesOnWhenItIsBack() throws Exception {
    Path dir = parent.resolve("journal");
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.chunkedHead("text/event-stream").chunk("data: [DONE]\n\n").lastChunk());
        RelayRig rig = new RelayRig(provider.url(), "journal.dir", dir.toString())) {
      call(rig, 200);
      removeAll(dir);
      awaitReady(rig, 503);
      call(rig, 503);
      Files.createDirectory(dir);
      awaitReady(rig, 200);
      call(rig, 200);
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  void keepsEveryReceiptThatItGaveOverAKill() throws Exception {
    Path dir = parent.resolve("journal");
    Set<String> receipts = new HashSet<>();
    try (Provider provider =
        new Provider(
            (request, answer) ->
                answer.chunkedHead("text/event-stream").chunk("data: [DONE]\n\n").lastChunk())) {
      String config = RelayProcess.config(parent, provider, "limits.streams=100");
      try (RelayProcess relay = new RelayProcess(parent, "serve", config)) {
        receipts.addAll(ask(relay.port(), "/before/", 3));
        awaitRows(relay.adminPort(), receipts);
        removeAll(dir);
        receipts.addAll(ask(relay.port(), "/after/", 60));
        relay.signal("KILL");
        relay.exit();
      }
      try (RelayProcess relay = new RelayProcess(parent, "serve", config)) {
        awaitRows(relay.adminPort(), receipts);
      }
    }
  }

  /** Asks so often; the paths of those whose client saw the proper end. */
  private static Set<String> ask(int port, String prefix, int times) throws IOException {
    Set<String> receipts = new HashSet<>();
    for (int i = 0; i < times; i++) {
      String path = prefix + i + "/v1/chat/completions";
      try (RawClient client = new RawClient(port)) {
        RawClient.Answer answer = client.post(path, "{}").answer();
        if (answer.status() == 200 && answer.whole()) {
          receipts.add(path);
        }
      }
    }
    return receipts;
  }

  private static void awaitRows(int adminPort, Set<String> paths) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    String page = "";
    for (String path : paths) {
      while (!page.contains(path)) {
        assertTrue(System.nanoTime() < deadline, "no row of " + path);
        try (RawClient client = new RawClient(adminPort)) {
          client.send("GET /records?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
          page = client.answer().text();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private static void call(RelayRig rig, int status) throws Exception {
    try (var client = rig.client()) {
      int answered = client.post("/v1/chat/completions", "{}").answer().status();
      assertEquals(status, answered);
    }
  }

  private static void awaitReady(RelayRig rig, int status) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (rig.adminAnswer("/readyz").statusCode() != status) {
      assertTrue(System.nanoTime() < deadline, "/readyz is never " + status);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** As {@code rm -rf} does, again where the journal has made a file meanwhile. */
  private static void removeAll(Path dir) throws IOException {
    while (Files.exists(dir)) {
      try (Stream<Path> files = Files.walk(dir)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (DirectoryNotEmptyException filled) {
        // once more
      }
    }
  }
}
