package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.FrailPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The relay as a process with a real PostgreSQL and a load of streams, and what a machine can do to
 * it. After each fault every call that reached the provider has exactly one row, every end that a
 * client saw is in its row, and the sums are those of the rows.
 *
 * <p>{@code -Dtailtap.fault.rounds=100} kills it so often, {@code -Dtailtap.fault.report=FILE}
 * writes what was measured.
 */
class FaultsTest {
  private static final int ROUNDS = Integer.getInteger("tailtap.fault.rounds", 5);
  private static final int CLIENTS = 8;
  private static final int GROWTH_MEGABYTES = 150;

  /** Some faults take half a minute; they are left to a run that asks for more than CI's rounds. */
  private static final boolean THOROUGH = ROUNDS > 5;

  private static final FaultReport REPORT = new FaultReport();

  @TempDir private static Path kept;
  private static FrailPostgres postgres;

  @TempDir private Path dir;

  @BeforeAll
  static void startTheDatabase() throws IOException {
    postgres = new FrailPostgres(kept);
  }

  @AfterAll
  static void writeTheReport() throws IOException {
    postgres.close();
    REPORT.write(System.getProperty("tailtap.fault.report"));
  }

  @Test
  void losesAndDoublesNothingWhenNothingHappens() throws Exception {
    try (FaultTrial trial = started("/calm")) {
      trial.load().awaitMore(100);
      settle("none", 1, trial);
    }
  }

  @Test
  void losesAndDoublesNothingHoweverOftenItIsKilled() throws Exception {
    Random random = new Random(4);
    try (FaultTrial trial = trial()) {
      trial.load(CLIENTS, "/kill", 0);
      for (int round = 0; round < ROUNDS; round++) {
        if (round % 4 == 3) {
          trial.launch(); // killed at its start, in the middle of its replay
          pause(random.nextInt(2_500));
        } else {
          trial.start();
          pause(random.nextInt(1_500));
        }
        trial.kill();
      }
      trial.start();
      assertTrue(settle("kill -9 of the relay", ROUNDS, trial).interrupted() > 0);
    }
  }

  @Test
  void outlivesACrashOfTheDatabase() throws Exception {
    try (FaultTrial trial = started("/crash")) {
      trial.load().awaitMore(100);
      postgres.crash();
      trial.load().awaitMore(100);
      long before = trial.residentMegabytes();
      trial.load().awaitMore(200);
      assertHealthy(trial);
      long grown = trial.residentMegabytes() - before;
      assertTrue(grown < GROWTH_MEGABYTES, "grown by " + grown + " MiB while it was away");
      postgres.start();
      settle("database stopped (immediate) and started", 1, trial);
    }
  }

  @Test
  void outlivesADatabaseThatHangs() throws Exception {
    assumeThorough("database hung");
    try (FaultTrial trial = started("/hang")) {
      trial.load().awaitMore(50);
      postgres.freeze(true);
      try {
        trial.load().awaitMore(100);
        pause(4_000);
        trial.load().awaitMore(100);
        assertHealthy(trial);
      } finally {
        postgres.freeze(false);
      }
      settle("database hung (SIGSTOP of all its processes)", 1, trial);
    }
  }

  @Test
  void outlivesADatabaseThatHasNoConnectionLeft() throws Exception {
    try (FaultTrial trial = started("/full")) {
      trial.load().awaitMore(50);
      List<Connection> taken = postgres.takeAllConnections(trial.database());
      try {
        trial.load().awaitMore(200);
        assertHealthy(trial);
        assertTrue(trial.metric("usage_queue_depth") > 0, "it still had a connection");
      } finally {
        for (Connection connection : taken) {
          connection.close();
        }
      }
      settle("database at its connection limit", 1, trial);
    }
  }

  @Test
  void waitsWhileTheSchemaIsBrokenAndBuriesNothing() throws Exception {
    assumeThorough("a column renamed and back");
    try (FaultTrial trial = started("/schema")) {
      trial.load().awaitMore(50);
      String rename = "alter table usage_record rename column %s to %s";
      FrailPostgres.execute(trial.database(), rename.formatted("tenant", "tenant_gone"));
      trial.load().awaitMore(200);
      assertHealthy(trial);
      FrailPostgres.execute(trial.database(), rename.formatted("tenant_gone", "tenant"));
      assertEquals(0, settle("a column renamed and back", 1, trial).deadLetters());
    }
  }

  @Test
  void takesWhatNoDatabaseTakes() throws Exception {
    try (FaultTrial trial = started("/poison")) {
      trial.load().awaitMore(200);
      assertHealthy(trial);
      settle("poison: NUL, lone surrogate, count beyond a long", 1, trial);
    }
  }

  @Test
  void admitsNobodyWhileTheJournalsDiskIsFull() throws Exception {
    String fault = "journal's disk full (tmpfs)";
    Path disk = Files.createDirectory(dir.resolve("disk"));
    assumeTool(
        fault, "mount missing", "mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk.toString());
    try (FaultTrial trial =
        new FaultTrial(dir, disk.resolve("journal"), postgres.freshDatabase())) {
      trial.start("journal.max-bytes=32MiB", "journal.min-free=1");
      trial.load(CLIENTS, "/disk", 3_000);
      trial.load().awaitMore(50);
      Path ballast = disk.resolve("ballast");
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (trial.status("/readyz") == 200 && System.nanoTime() < deadline) {
        fill(ballast);
        pause(20);
      }
      assertEquals(503, trial.status("/readyz"));
      assertEquals(200, trial.status("/healthz"));
      int refused = trial.load().refused();
      pause(500);
      assertTrue(trial.load().refused() > refused, "somebody is still admitted");
      Files.delete(ballast);
      trial.await("/readyz", 200);
      settle(fault, 1, trial);
    } finally {
      run("umount", "-l", disk.toString());
    }
  }

  @Test
  void writesAgainWhatADiskFailedToKeep() throws Exception {
    traced("EIO on force (strace)", "/eio", "error=EIO:when=3+5", 200);
  }

  @Test
  void waitsForASlowDiskAndHoldsUpNobodyElse() throws Exception {
    assumeThorough("slow force");
    traced("slow force, 300 ms (strace)", "/slow", "delay_enter=300000", 60);
  }

  @Test
  void outlivesBeingFrozen() throws Exception {
    try (FaultTrial trial = started("/frozen")) {
      trial.load().awaitMore(50);
      trial.noteStall();
      trial.relay().signal("STOP");
      pause(3_000);
      trial.relay().signal("CONT");
      settle("relay frozen for 3 s (SIGSTOP); the stall is the freeze", 1, trial);
    }
  }

  @Test
  void refusesAJournalThatAnotherRelayUses() throws Exception {
    try (FaultTrial trial = started("/twice");
        FaultTrial second =
            new FaultTrial(
                Files.createDirectory(dir.resolve("second")), journal(), trial.database())) {
      second.launch();
      assertEquals(1, second.relay().exit());
      assertTrue(second.relay().err().contains("another relay is using"), second.relay().err());
      settle("two relays, one journal: the second refuses", 1, trial);
    }
  }

  @Test
  void sharesADatabaseWithAnotherRelay() throws Exception {
    assumeThorough("two relays, one database");
    try (FaultTrial one = started("/one");
        FaultTrial other =
            new FaultTrial(
                Files.createDirectory(dir.resolve("second")),
                dir.resolve("journal-2"),
                one.database())) {
      other.start();
      other.load(CLIENTS, "/other", 0);
      one.load().awaitMore(100);
      other.load().awaitMore(100);
      settle("two relays, one database: the first", 1, one);
      settle("two relays, one database: the second", 1, other);
    }
  }

  private void traced(String fault, String prefix, String injected, int calls) throws Exception {
    assumeTool(fault, "strace missing", "strace", "-V");
    try (FaultTrial trial = started(prefix)) {
      trial.load().awaitMore(20);
      Path said = dir.resolve("strace.err");
      Process strace =
          new ProcessBuilder(
                  "strace",
                  "-f",
                  "-p",
                  Long.toString(trial.relay().pid()),
                  "-o",
                  dir.resolve("strace.out").toString(),
                  "-e",
                  "trace=fdatasync,fsync",
                  "-e",
                  "inject=fdatasync,fsync:" + injected)
              .redirectError(said.toFile())
              .start();
      try {
        pause(1_000);
        assumeAttached(fault, strace, said);
        trial.load().awaitMore(calls);
        trial.noteStall();
        assertEquals(200, trial.status("/healthz"));
      } finally {
        strace.destroy();
        strace.waitFor();
      }
      String traced = Files.readString(dir.resolve("strace.out"));
      assertTrue(traced.contains("INJECTED") || traced.contains("DELAYED"), "nothing was injected");
      settle(fault, 1, trial);
    }
  }

  private static void assumeAttached(String fault, Process strace, Path said) throws IOException {
    String words = Files.readString(said);
    boolean attached = strace.isAlive() && words.contains("attached");
    if (!attached) {
      REPORT.skip(fault, "strace may not attach");
    }
    assumeTrue(attached, () -> "skipped: strace may not attach: " + words);
  }

  private FaultTrial.Verdict settle(String fault, int rounds, FaultTrial trial) throws Exception {
    FaultTrial.Verdict verdict = trial.verdict();
    REPORT.add(fault, rounds, verdict);
    assertTrue(verdict.lawful(), verdict::toString);
    return verdict;
  }

  private static void assertHealthy(FaultTrial trial) throws Exception {
    assertEquals(200, trial.status("/readyz"));
    assertEquals(200, trial.status("/healthz"));
  }

  private FaultTrial started(String prefix) throws Exception {
    FaultTrial trial = trial();
    trial.start();
    trial.load(CLIENTS, prefix, 0);
    return trial;
  }

  private FaultTrial trial() throws Exception {
    return new FaultTrial(dir, journal(), postgres.freshDatabase());
  }

  private Path journal() {
    return dir.resolve("journal");
  }

  private static void assumeThorough(String fault) {
    if (!THOROUGH) {
      REPORT.skip(fault, "only with tailtap.fault.rounds above 5");
    }
    assumeTrue(THOROUGH, "skipped: only with tailtap.fault.rounds above 5");
  }

  private static void assumeTool(String fault, String missing, String... command)
      throws InterruptedException {
    boolean there = run(command);
    if (!there) {
      REPORT.skip(fault, missing);
    }
    assumeTrue(there, "skipped: " + missing);
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  /** Takes all the space that is left. */
  private static void fill(Path ballast) {
    byte[] zeros = new byte[64 << 10];
    try (var out =
        Files.newOutputStream(ballast, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int i = 0; i < 1_000; i++) {
        out.write(zeros);
      }
    } catch (IOException full) {
      // as it is meant to be
    }
  }

  private static void pause(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < deadline) {
      LockSupport.parkNanos(deadline - System.nanoTime());
    }
  }
}
