package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.FrailNetwork;
import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Strace;
import dev.tailtap.rig.TinyDisk;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Locale;
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
 * client saw is in its row, and the sums are those of the rows; during it the admin port says what
 * is so.
 *
 * <p>{@code -Dtailtap.fault.rounds=100} kills it so often and adds the slow faults, {@code
 * -Dtailtap.fault.outage=600} has the database away for so many seconds, {@code
 * -Dtailtap.fault.report=FILE} writes what was measured.
 */
class FaultsTest {
  private static final int ROUNDS = Integer.getInteger("tailtap.fault.rounds", 5);
  private static final int OUTAGE_SECONDS = Integer.getInteger("tailtap.fault.outage", 20);
  private static final int CLIENTS = 8;
  private static final int WARM_UP = 100;
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
      trial.load().awaitMore(THOROUGH ? 1_000 : 100);
      trial.during();
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
      trial.warm(WARM_UP);
      assertTrue(settle("kill -9 of the relay", ROUNDS, trial).interrupted() > 0);
    }
  }

  @Test
  void outlivesACrashOfTheDatabase() throws Exception {
    try (FaultTrial trial = started("/crash")) {
      postgres.crash();
      trial.load().awaitMore(100);
      trial.noteMemory();
      trial.load().awaitMore(200);
      assertAway(trial);
      trial.noteMemory();
      assertFlat(trial);
      postgres.start();
      settle("database stopped (immediate) and started", 1, trial);
    }
  }

  @Test
  void drainsWhatALongOutageLeft() throws Exception {
    assumeThorough("database away for long");
    try (FaultTrial trial = trial()) {
      trial.start();
      trial.load(2 * CLIENTS, "/brisk", 0);
      trial.warm(2_000);
      postgres.crash();
      trial.load().awaitMore(2_000);
      trial.noteMemory();
      pause(1_000L * OUTAGE_SECONDS);
      assertAway(trial);
      trial.noteMemory();
      assertFlat(trial);
      double waiting = trial.metric("usage_queue_depth");
      assertTrue(trial.metric("journal_bytes") > 100 * waiting, "the journal has not got them");
      drain(trial, waiting);
      settle("database away for " + OUTAGE_SECONDS + " s, 16 clients", 1, trial);
    }
  }

  private static void drain(FaultTrial trial, double waiting) throws Exception {
    String committed = "usage_records_total{state=\"committed\"}";
    double rows = trial.metric(committed);
    double busy = trial.metric("usage_db_batch_seconds_sum");
    postgres.start();
    long began = System.nanoTime();
    while (trial.metric("usage_queue_depth") > 1_000) {
      pause(20);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    rows = trial.metric(committed) - rows;
    busy = trial.metric("usage_db_batch_seconds_sum") - busy;
    REPORT.note(
        String.format(
            Locale.ROOT,
            "After %d s of outage %.0f rows waited. The load went on, and %.1f s after the database was"
                + "%nback %.0f rows had been written, %.0f a second of the writer's time.%n",
            OUTAGE_SECONDS,
            waiting,
            seconds,
            rows,
            rows / busy));
  }

  @Test
  void outlivesADatabaseThatHangs() throws Exception {
    assumeThorough("database hung");
    try (FaultTrial trial = started("/hang")) {
      postgres.freeze(true);
      try {
        trial.load().awaitMore(100);
        trial.noteMemory();
        pause(4_000);
        trial.load().awaitMore(100);
        assertAway(trial);
        trial.noteMemory();
        assertFlat(trial);
      } finally {
        postgres.freeze(false);
      }
      settle("database hung (SIGSTOP of all its processes)", 1, trial);
    }
  }

  @Test
  void outlivesANetworkThatCarriesNothing() throws Exception {
    assumeThorough("half-open network");
    String database = postgres.freshDatabase();
    try (FrailNetwork network = new FrailNetwork(database);
        FaultTrial trial = new FaultTrial(dir, journal(), network.through(database))) {
      trial.start();
      trial.load(CLIENTS, "/half-open", 0);
      trial.warm(WARM_UP);
      network.stall(true);
      trial.load().awaitMore(100);
      pause(4_000);
      assertAway(trial);
      network.stall(false);
      settle("network to the database half-open", 1, trial);
    }
  }

  @Test
  void outlivesAThinNetwork() throws Exception {
    assumeThorough("thin network");
    String database = postgres.freshDatabase();
    try (FrailNetwork network = new FrailNetwork(database);
        FaultTrial trial = new FaultTrial(dir, journal(), network.through(database))) {
      trial.start();
      trial.load(CLIENTS, "/thin", 0);
      trial.warm(WARM_UP);
      network.thin(10_000);
      trial.load().awaitMore(1_000);
      assertAdmitting(trial);
      assertTrue(trial.metric("usage_queue_depth") > 50, "the network was not thin");
      network.thin(0);
      settle("network to the database at 10 kB/s", 1, trial);
    }
  }

  @Test
  void outlivesADatabaseThatHasNoConnectionLeft() throws Exception {
    try (FaultTrial trial = started("/full")) {
      List<Connection> taken = postgres.takeAllConnections(trial.database());
      try {
        trial.load().awaitMore(200);
        assertAway(trial);
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
      String rename = "alter table usage_record rename column %s to %s";
      FrailPostgres.execute(trial.database(), rename.formatted("tenant", "tenant_gone"));
      trial.load().awaitMore(200);
      AdminTruth truth = assertAdmitting(trial);
      assertEquals("200", truth.said("/stats"));
      assertEquals("503", truth.said("/records"));
      FrailPostgres.execute(trial.database(), rename.formatted("tenant_gone", "tenant"));
      assertEquals(0, settle("a column renamed and back", 1, trial).deadLetters());
    }
  }

  @Test
  void takesWhatNoDatabaseTakes() throws Exception {
    try (FaultTrial trial = started("/poison")) {
      trial.load().awaitMore(100);
      assertAdmitting(trial);
      settle("poison: NUL, lone surrogate, count beyond a long", 1, trial);
    }
  }

  @Test
  void waitsWhileTheDatabasesDiskIsFull() throws Exception {
    String fault = "database's disk full (tmpfs)";
    assumeThorough(fault);
    try (TinyDisk disk = mounted(fault, 160);
        FrailPostgres own = new FrailPostgres(disk.dir().resolve("postgres"));
        FaultTrial trial = new FaultTrial(dir, journal(), own.freshDatabase())) {
      trial.start();
      trial.load(CLIENTS, "/db-disk", 0);
      trial.warm(WARM_UP);
      disk.fill();
      while (trial.metric("usage_db_errors_total{class=\"transient\"}") == 0) {
        pause(100);
      }
      trial.load().awaitMore(200);
      assertAdmitting(trial);
      disk.free();
      own.revive();
      assertEquals(0, settle(fault, 1, trial).deadLetters());
    }
  }

  @Test
  void admitsNobodyWhileTheJournalsDiskIsFull() throws Exception {
    String fault = "journal's disk full (tmpfs)";
    try (TinyDisk disk = mounted(fault, 40);
        FaultTrial trial =
            new FaultTrial(dir, disk.dir().resolve("journal"), postgres.freshDatabase())) {
      trial.start("journal.max-bytes=32MiB", "journal.min-free=1");
      trial.load(CLIENTS, "/disk", 3_000);
      trial.warm(WARM_UP);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (trial.status("/readyz") == 200 && System.nanoTime() < deadline) {
        disk.fill();
        pause(20);
      }
      int refused = trial.load().refused();
      AdminTruth truth = trial.during();
      assertEquals("503", truth.said("/readyz"));
      assertEquals("200", truth.said("/stats"));
      pause(500);
      assertTrue(trial.load().refused() > refused, "somebody is still admitted");
      disk.free();
      trial.await("/readyz", 200);
      settle(fault, 1, trial);
    }
  }

  @Test
  void keepsItsKeysWhenTheClockJumps() throws Exception {
    String fault = "clock jumps: a day ahead, two hours back";
    assumeThorough(fault);
    assumeTool(fault, "faketime missing", "faketime", "-f", "+0", "true");
    Path clock = Files.writeString(dir.resolve("clock"), "+0");
    try (FaultTrial trial = trial()) {
      String library =
          Tool.said("faketime", "-f", "+0", "env")
              .lines()
              .filter(line -> line.startsWith("LD_PRELOAD="))
              .map(line -> line.replaceFirst("LD_PRELOAD=:?", ""))
              .findFirst()
              .orElseThrow();
      trial.environment("LD_PRELOAD", library);
      trial.environment("FAKETIME_TIMESTAMP_FILE", clock.toString());
      trial.environment("FAKETIME_CACHE_DURATION", "1");
      trial.environment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
      // Its fix for other programs makes every timed wait of a JVM return at once.
      trial.environment("FAKETIME_FORCE_MONOTONIC_FIX", "0");
      trial.start();
      trial.load(CLIENTS, "/clock", 0);
      trial.warm(WARM_UP);
      for (String jump : List.of("+26h", "-2h", "+0")) {
        Files.writeString(clock, jump);
        trial.load().awaitMore(400);
        assertAdmitting(trial);
      }
      settle(fault, 1, trial);
      String day = "select count(*) > 50 from usage_record where started_at %s";
      String ahead = day.formatted("> now() + interval '25 hours'");
      String behind = day.formatted("< now() - interval '90 minutes'");
      assertEquals("t", FrailPostgres.ask(trial.database(), ahead), "it did not jump ahead");
      assertEquals("t", FrailPostgres.ask(trial.database(), behind), "it did not jump back");
      String negative =
          "select count(*) from usage_record where least(latency_ms, first_byte_ms) < 0";
      assertEquals("0", FrailPostgres.ask(trial.database(), negative));
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

  private void traced(String fault, String prefix, String injected, int calls) throws Exception {
    assumeTool(fault, "strace missing", "strace", "-V");
    try (FaultTrial trial = started(prefix)) {
      try (Strace strace = new Strace(dir, trial.relay().pid(), injected)) {
        assume(fault, "strace may not attach", strace.attached());
        trial.load().awaitMore(calls);
        trial.during();
        assertTrue(strace.injected(), "nothing was injected");
      }
      settle(fault, 1, trial);
    }
  }

  @Test
  void outlivesBeingFrozen() throws Exception {
    try (FaultTrial trial = started("/frozen")) {
      trial.relay().signal("STOP");
      pause(3_000);
      trial.relay().signal("CONT");
      assertAdmitting(trial);
      settle("relay frozen for 3 s (SIGSTOP)", 1, trial);
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
        FaultTrial other = another(one.database())) {
      other.start();
      other.load(CLIENTS, "/other", 0);
      other.warm(WARM_UP);
      one.load().awaitMore(100);
      assertAdmitting(one);
      assertAdmitting(other);
      settle("two relays, one database: the first", 1, one);
      settle("two relays, one database: the second", 1, other);
    }
  }

  @Test
  void waitsForTheDiskAtTheEndOfAStreamAndNowhereElse() throws Exception {
    assumeThorough("what settle=before-end costs");
    try (FaultTrial before = trial();
        FaultTrial after = another(before.database())) {
      before.start("relay.stall-probe=0");
      after.start("relay.stall-probe=0", "usage.settle=after");
      REPORT.note(SettleCost.compare(before, after, 1_000));
    }
  }

  private FaultTrial.Verdict settle(String fault, int rounds, FaultTrial trial) throws Exception {
    FaultTrial.Verdict verdict = trial.verdict();
    REPORT.add(fault, rounds, verdict, trial.seen());
    assertTrue(verdict.lawful(), verdict::toString);
    return verdict;
  }

  /** The database cannot be had, which is no reason to refuse anybody but its readers. */
  private static void assertAway(FaultTrial trial) throws Exception {
    AdminTruth truth = assertAdmitting(trial);
    assertEquals("503", truth.said("/stats"));
    assertEquals("503", truth.said("/records"));
  }

  private static AdminTruth assertAdmitting(FaultTrial trial) throws Exception {
    AdminTruth truth = trial.during();
    assertEquals("200", truth.said("/readyz"));
    return truth;
  }

  private static void assertFlat(FaultTrial trial) {
    long grown = trial.grownMegabytes();
    assertTrue(grown < GROWTH_MEGABYTES, "grown by " + grown + " MiB while it was away");
  }

  private FaultTrial started(String prefix) throws Exception {
    FaultTrial trial = trial();
    trial.start();
    trial.load(CLIENTS, prefix, 0);
    trial.warm(WARM_UP);
    return trial;
  }

  private FaultTrial trial() throws Exception {
    return new FaultTrial(dir, journal(), postgres.freshDatabase());
  }

  private FaultTrial another(String database) throws IOException {
    return new FaultTrial(
        Files.createDirectory(dir.resolve("second")), dir.resolve("journal-2"), database);
  }

  private Path journal() {
    return dir.resolve("journal");
  }

  private TinyDisk mounted(String fault, int megabytes) throws Exception {
    TinyDisk disk = TinyDisk.mount(dir.resolve("disk"), megabytes);
    assume(fault, "mount missing", disk != null);
    return disk;
  }

  private static void assumeThorough(String fault) {
    assume(fault, "only with tailtap.fault.rounds above 5", THOROUGH);
  }

  private static void assumeTool(String fault, String missing, String... command)
      throws InterruptedException {
    assume(fault, missing, Tool.runs(command));
  }

  private static void assume(String fault, String missing, boolean there) {
    if (!there) {
      REPORT.skip(fault, missing);
    }
    assumeTrue(there, "skipped: " + missing);
  }

  private static void pause(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < deadline) {
      LockSupport.parkNanos(deadline - System.nanoTime());
    }
  }
}
