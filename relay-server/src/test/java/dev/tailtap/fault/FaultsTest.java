package dev.tailtap.fault;

import static dev.tailtap.fault.FaultGround.CLIENTS;
import static dev.tailtap.fault.FaultGround.OUTAGE_SECONDS;
import static dev.tailtap.fault.FaultGround.ROUNDS;
import static dev.tailtap.fault.FaultGround.THOROUGH;
import static dev.tailtap.fault.FaultGround.WARM_UP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.FrailNetwork;
import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Strace;
import dev.tailtap.rig.TinyDisk;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
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
 * -Dtailtap.fault.gap=4} is the pause between two events of most streams in milliseconds, {@code
 * -Dtailtap.fault.report=FILE} writes what was measured.
 */
@Lengthy
class FaultsTest {
  private static final FaultReport REPORT = new FaultReport();

  @TempDir private static Path kept;
  private static FrailPostgres postgres;

  @TempDir private Path dir;
  private FaultGround ground;

  @BeforeAll
  static void startTheDatabase() throws IOException {
    postgres = new FrailPostgres(kept);
  }

  @BeforeEach
  void prepare() {
    ground = new FaultGround(dir, postgres, REPORT);
  }

  @AfterAll
  static void writeTheReport() throws IOException {
    postgres.close();
    REPORT.write(System.getProperty("tailtap.fault.report"));
  }

  @Test
  void losesAndDoublesNothingWhenNothingHappens() throws Exception {
    try (FaultTrial trial = ground.started("/calm")) {
      trial.load().awaitMore(THOROUGH ? 1_000 : 100);
      trial.during();
      ground.settle("none", 1, trial);
    }
  }

  @Test
  void losesAndDoublesNothingHoweverOftenItIsKilled() throws Exception {
    Random random = new Random(4);
    try (FaultTrial trial = ground.trial()) {
      trial.load(CLIENTS, "/kill", 0);
      for (int round = 0; round < ROUNDS; round++) {
        if (round % 4 == 3) {
          trial.launch(); // killed at its start, in the middle of its replay
          FaultGround.pause(random.nextInt(2_500));
        } else {
          trial.start();
          FaultGround.pause(random.nextInt(1_500));
        }
        if (round == 0) {
          trial.awaitOpen(); // this kill interrupts a call, whatever the others find
        }
        trial.kill();
      }
      trial.start();
      trial.warm(WARM_UP);
      assertTrue(ground.settle("kill -9 of the relay", ROUNDS, trial).interrupted() > 0);
    }
  }

  @Test
  void outlivesACrashOfTheDatabase() throws Exception {
    try (FaultTrial trial = ground.started("/crash")) {
      postgres.crash();
      trial.load().awaitMore(100);
      trial.noteMemory();
      trial.load().awaitMore(200);
      ground.assertAway(trial);
      trial.noteMemory();
      ground.assertFlat(trial);
      postgres.start();
      ground.settle("database stopped (immediate) and started", 1, trial);
    }
  }

  @Test
  void drainsWhatALongOutageLeft() throws Exception {
    ground.assumeThorough("database away for long");
    try (FaultTrial trial = ground.trial()) {
      trial.start();
      trial.load(2 * CLIENTS, "/brisk", 0);
      trial.warm(2_000);
      postgres.crash();
      trial.load().awaitMore(2_000);
      trial.noteMemory();
      FaultGround.pause(1_000L * OUTAGE_SECONDS);
      ground.assertAway(trial);
      trial.noteMemory();
      ground.assertFlat(trial);
      double waiting = trial.metric("usage_queue_depth");
      assertTrue(trial.metric("journal_bytes") > 100 * waiting, "the journal has not got them");
      ground.drain(trial, waiting);
      ground.settle("database away for " + OUTAGE_SECONDS + " s, 16 clients", 1, trial);
    }
  }

  @Test
  void outlivesADatabaseThatHangs() throws Exception {
    ground.assumeThorough("database hung");
    try (FaultTrial trial = ground.started("/hang")) {
      postgres.freeze(true);
      try {
        trial.load().awaitMore(100);
        trial.noteMemory();
        FaultGround.pause(4_000);
        trial.load().awaitMore(100);
        ground.assertAway(trial);
        trial.noteMemory();
        ground.assertFlat(trial);
      } finally {
        postgres.freeze(false);
      }
      ground.settle("database hung (SIGSTOP of all its processes)", 1, trial);
    }
  }

  @Test
  void outlivesANetworkThatCarriesNothing() throws Exception {
    ground.assumeThorough("half-open network");
    String database = postgres.freshDatabase();
    try (FrailNetwork network = new FrailNetwork(database);
        FaultTrial trial = ground.started("/half-open", network, database)) {
      network.stall(true);
      trial.load().awaitMore(100);
      FaultGround.pause(4_000);
      ground.assertAway(trial);
      network.stall(false);
      ground.settle("network to the database half-open", 1, trial);
    }
  }

  @Test
  void outlivesAThinNetwork() throws Exception {
    ground.assumeThorough("thin network");
    String database = postgres.freshDatabase();
    try (FrailNetwork network = new FrailNetwork(database);
        FaultTrial trial = ground.started("/thin", network, database)) {
      network.thin(10_000);
      trial.load().awaitMore(1_000);
      ground.assertAdmitting(trial);
      assertTrue(trial.metric("usage_queue_depth") > 50, "the network was not thin");
      network.thin(0);
      ground.settle("network to the database at 10 kB/s", 1, trial);
    }
  }

  @Test
  void outlivesADatabaseThatHasNoConnectionLeft() throws Exception {
    try (FaultTrial trial = ground.started("/full")) {
      List<Connection> taken = postgres.takeAllConnections(trial.database());
      try {
        trial.load().awaitMore(200);
        ground.assertAway(trial);
        assertTrue(trial.metric("usage_queue_depth") > 0, "it still had a connection");
      } finally {
        for (Connection connection : taken) {
          connection.close();
        }
      }
      ground.settle("database at its connection limit", 1, trial);
    }
  }

  @Test
  void waitsWhileTheSchemaIsBrokenAndBuriesNothing() throws Exception {
    ground.assumeThorough("a column renamed and back");
    try (FaultTrial trial = ground.started("/schema")) {
      String rename = "alter table usage_record rename column %s to %s";
      FrailPostgres.execute(trial.database(), rename.formatted("tenant", "tenant_gone"));
      trial.load().awaitMore(200);
      AdminTruth truth = ground.assertAdmitting(trial);
      assertEquals("200", truth.said("/stats"));
      assertEquals("503", truth.said("/records"));
      FrailPostgres.execute(trial.database(), rename.formatted("tenant_gone", "tenant"));
      assertEquals(0, ground.settle("a column renamed and back", 1, trial).deadLetters());
    }
  }

  @Test
  void takesWhatNoDatabaseTakes() throws Exception {
    try (FaultTrial trial = ground.started("/poison")) {
      trial.load().awaitMore(100);
      ground.assertAdmitting(trial);
      ground.settle("poison: NUL, lone surrogate, count beyond a long", 1, trial);
    }
  }

  @Test
  void waitsWhileTheDatabasesDiskIsFull() throws Exception {
    String fault = "database's disk full (tmpfs)";
    ground.assumeThorough(fault);
    try (TinyDisk disk = ground.mounted(fault, 160);
        FrailPostgres own = new FrailPostgres(disk.dir().resolve("postgres"));
        FaultTrial trial = new FaultTrial(dir, ground.journal(), own.freshDatabase())) {
      trial.start();
      trial.load(CLIENTS, "/db-disk", 0);
      trial.warm(WARM_UP);
      disk.fill();
      while (trial.metric("usage_db_errors_total{class=\"transient\"}") == 0) {
        FaultGround.pause(100);
      }
      trial.load().awaitMore(200);
      ground.assertAdmitting(trial);
      disk.free();
      own.revive();
      assertEquals(0, ground.settle(fault, 1, trial).deadLetters());
    }
  }

  @Test
  void admitsNobodyWhileTheJournalsDiskIsFull() throws Exception {
    String fault = "journal's disk full (tmpfs)";
    try (TinyDisk disk = ground.mounted(fault, 40);
        FaultTrial trial =
            new FaultTrial(dir, disk.dir().resolve("journal"), postgres.freshDatabase())) {
      trial.start("journal.max-bytes=32MiB", "journal.min-free=1");
      trial.load(CLIENTS, "/disk", 3_000);
      trial.warm(WARM_UP);
      long deadline = System.nanoTime() + Patience.NANOS;
      while (trial.status("/readyz") == 200 && System.nanoTime() < deadline) {
        disk.fill();
        FaultGround.pause(20);
      }
      int refused = trial.load().refused();
      AdminTruth truth = trial.during();
      assertEquals("503", truth.said("/readyz"));
      assertEquals("200", truth.said("/stats"));
      trial.load().awaitRefused(refused + 1);
      disk.free();
      trial.await("/readyz", 200);
      ground.settle(fault, 1, trial);
    }
  }

  @Test
  void keepsItsKeysWhenTheClockJumps() throws Exception {
    String fault = "clock jumps: a day ahead, two hours back";
    ground.assumeThorough(fault);
    ground.assumeTool(fault, "faketime missing", "faketime", "-f", "+0", "true");
    Path clock = Files.writeString(dir.resolve("clock"), "+0");
    try (FaultTrial trial = ground.trial()) {
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
        ground.assertAdmitting(trial);
      }
      ground.settle(fault, 1, trial);
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
    ground.assumeThorough("slow force");
    traced("slow force, 300 ms (strace)", "/slow", "delay_enter=300000", 60);
  }

  private void traced(String fault, String prefix, String injected, int calls) throws Exception {
    ground.assumeTool(fault, "strace missing", "strace", "-V");
    try (FaultTrial trial = ground.started(prefix)) {
      try (Strace strace = new Strace(dir, trial.relay().pid(), injected)) {
        ground.assume(fault, "strace may not attach", strace.attached());
        trial.load().awaitMore(calls);
        trial.during();
        assertTrue(strace.injected(), "nothing was injected");
      }
      ground.settle(fault, 1, trial);
    }
  }

  @Test
  void outlivesBeingFrozen() throws Exception {
    try (FaultTrial trial = ground.started("/frozen")) {
      trial.relay().signal("STOP");
      FaultGround.pause(3_000);
      trial.relay().signal("CONT");
      ground.assertAdmitting(trial);
      ground.settle("relay frozen for 3 s (SIGSTOP)", 1, trial);
    }
  }

  @Test
  void refusesAJournalThatAnotherRelayUses() throws Exception {
    try (FaultTrial trial = ground.started("/twice");
        FaultTrial second =
            new FaultTrial(
                Files.createDirectory(dir.resolve("second")), ground.journal(), trial.database())) {
      second.launch();
      assertEquals(1, second.relay().exit());
      assertTrue(second.relay().err().contains("another relay is using"), second.relay().err());
      ground.settle("two relays, one journal: the second refuses", 1, trial);
    }
  }

  @Test
  void sharesADatabaseWithAnotherRelay() throws Exception {
    ground.assumeThorough("two relays, one database");
    try (FaultTrial one = ground.started("/one");
        FaultTrial other = ground.another(one.database())) {
      other.start();
      other.load(CLIENTS, "/other", 0);
      other.warm(WARM_UP);
      one.load().awaitMore(100);
      ground.assertAdmitting(one);
      ground.assertAdmitting(other);
      ground.settle("two relays, one database: the first", 1, one);
      ground.settle("two relays, one database: the second", 1, other);
    }
  }

  @Test
  void waitsForTheDiskAtTheEndOfAStreamAndNowhereElse() throws Exception {
    ground.assumeThorough("what settle=before-end costs");
    try (FaultTrial before = ground.trial();
        FaultTrial after = ground.another(before.database())) {
      before.start("relay.stall-probe=0");
      after.start("relay.stall-probe=0", "usage.settle=after");
      REPORT.note(SettleCost.compare(before, after, 1_000));
    }
  }
}
