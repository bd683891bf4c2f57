package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal's directory is taken away under a whole relay, and given back. */
class JournalGoneTest {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

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

  private static void call(RelayRig rig, int status) throws Exception {
    try (var client = rig.client()) {
      int answered = client.post("/v1/chat/completions", "{}").answer().status();
      assertEquals(status, answered);
    }
  }

  private static void awaitReady(RelayRig rig, int status) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (rig.adminAnswer("/readyz").statusCode() != status) {
      assertTrue(System.nanoTime() < deadline, "/readyz is never " + status);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private static void removeAll(Path dir) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
