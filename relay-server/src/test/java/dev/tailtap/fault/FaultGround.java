package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.FrailNetwork;
import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.TinyDisk;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Where the trials of one fault take place: a directory and a database server; what is asserted of
 * each; and the report that they all write into.
 */
final class FaultGround {
  static final int ROUNDS = Integer.getInteger("tailtap.fault.rounds", 5);
  static final int OUTAGE_SECONDS = Integer.getInteger("tailtap.fault.outage", 20);
  static final int CLIENTS = 8;
  static final int WARM_UP = 100;
  private static final int GROWTH_MEGABYTES = 150;

  /** Some faults take half a minute; they are left to a run that asks for more than CI's rounds. */
  static final boolean THOROUGH = ROUNDS > 5;

  /** Between two events of a stream: a build is not to spend itself on more calls of the same. */
  static final int GAP_MILLIS = Integer.getInteger("tailtap.fault.gap", THOROUGH ? 4 : 12);

  private final Path dir;
  private final FrailPostgres postgres;
  private final FaultReport report;

  FaultGround(Path dir, FrailPostgres postgres, FaultReport report) {
    this.dir = dir;
    this.postgres = postgres;
    this.report = report;
  }

  FaultTrial.Verdict settle(String fault, int rounds, FaultTrial trial) throws Exception {
    FaultTrial.Verdict verdict = trial.verdict();
    report.add(fault, rounds, verdict, trial.seen());
    assertTrue(verdict.lawful(), verdict::toString);
    return verdict;
  }

  /** The database cannot be had, which is no reason to refuse anybody but its readers. */
  void assertAway(FaultTrial trial) throws Exception {
    AdminTruth truth = assertAdmitting(trial);
    assertEquals("503", truth.said("/stats"));
    assertEquals("503", truth.said("/records"));
  }

  AdminTruth assertAdmitting(FaultTrial trial) throws Exception {
    AdminTruth truth = trial.during();
    assertEquals("200", truth.said("/readyz"));
    return truth;
  }

  void assertFlat(FaultTrial trial) {
    long grown = trial.grownMegabytes();
    assertTrue(grown < GROWTH_MEGABYTES, "grown by " + grown + " MiB while it was away");
  }

  FaultTrial started(String prefix) throws Exception {
    return warmed(trial(), prefix);
  }

  private static FaultTrial warmed(FaultTrial trial, String prefix) throws Exception {
    trial.start();
    trial.load(CLIENTS, prefix, 0);
    trial.warm(WARM_UP);
    return trial;
  }

  FaultTrial trial() throws Exception {
    return new FaultTrial(dir, journal(), postgres.freshDatabase());
  }

  FaultTrial another(String database) throws IOException {
    return new FaultTrial(
        Files.createDirectory(dir.resolve("second")), dir.resolve("journal-2"), database);
  }

  Path journal() {
    return dir.resolve("journal");
  }

  TinyDisk mounted(String fault, int megabytes) throws Exception {
    TinyDisk disk = TinyDisk.mount(dir.resolve("disk"), megabytes);
    assume(fault, "mount missing", disk != null);
    return disk;
  }

  void assumeThorough(String fault) {
    assume(fault, "only with tailtap.fault.rounds above 5", THOROUGH);
  }

  void assumeTool(String fault, String missing, String... command) throws InterruptedException {
    assume(fault, missing, Tool.runs(command));
  }

  void assume(String fault, String missing, boolean there) {
    if (!there) {
      report.skip(fault, missing);
    }
    assumeTrue(there, "skipped: " + missing);
  }

  /** Over a network to the database that can fail. */
  FaultTrial started(String prefix, FrailNetwork network, String database) throws Exception {
    return warmed(new FaultTrial(dir, journal(), network.through(database)), prefix);
  }

  void drain(FaultTrial trial, double waiting) throws Exception {
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
    report.note(
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

  static void pause(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < deadline) {
      LockSupport.parkNanos(deadline - System.nanoTime());
    }
  }
}
