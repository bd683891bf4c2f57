package dev.tailtap.fault;

import static java.time.ZoneOffset.UTC;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Locale;

/** The tables of durability: what each fault did to the rows and to the process. */
final class FaultReport {
  private static final String HEAD =
      """
      # Durability

      The relay as a process with a real PostgreSQL (fsync on) and eight clients that stream without a
      pause, `usage.settle=before-end`. Each call has a path of its own, and the provider counts it into
      the usage, so that every row can be compared with what the client and the provider saw. A row with
      anything lost, wrong or doubled, or an admin port that said what was not so, fails the test.

      Written on %s with JDK %s on %d processors in %d s by

      ```
      mvn -q -pl relay-server test-compile surefire:test@default-test -Dtest=FaultsTest \\
          -Dtailtap.fault.rounds=%s -Dtailtap.fault.report=../docs/DURABILITY.md
      ```

      ## What became of the rows

      *Lost*: the call reached the provider, or its client saw the proper end, and there is no row.
      *Wrong*: the client saw the end, and the row says something else. *Doubled*: more than one row.
      *Sums*: whether `usage_hour` equals the aggregate of `usage_record`. *Interrupted*: rows of calls
      that a kill cut off. *Recovery*: from the end of the fault until ten more streams have ended and no
      row waits.

      | fault | rounds | streams finished | rows | interrupted | dead letters | lost | wrong | doubled | sums | recovery s |
      |---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|
      """;

  private static final String PROCESS =
      """

      ## What the process did meanwhile

      *Loop*: the longest stall of an event loop (`relay.stall-probe=2ms`, from the fault's beginning, when
      the process was warm, until its rows had settled). *Control*: the same of a thread that does nothing
      but sleep, so what the machine and the JVM did to any thread. *Excess*: the longest part of a
      loop's stall in which the control thread was on time; what code of the relay's did to a loop is in
      there, and so is a loop that alone had to wait for a processor. *Own*: the same without the time that
      Linux says it waited for a processor (`/proc/thread-self/schedstat`). The line *none* tells how much
      there is of each without a fault. Then what the admin port said during the fault: `/healthz` and `/metrics`
      always 200; `/readyz`, each time compared with whether a call was admitted; `/stats` and `/records`;
      the slowest of these two. Last, resident memory at the beginning and the end of the fault, in MiB; all
      256 MiB of the heap are in both, because the JVM touches them at its start.

      | fault | loop ms | control ms | excess ms | own ms | readyz | stats | records | slowest read ms | memory |
      |---|---:|---:|---:|---:|---|---|---|---:|---|
      """;

  private static final String ELSEWHERE =
      """

      Proved elsewhere, each a test of its own: the store's process killed (`KillTest`); a commit whose
      answer is dropped, a locked table, a database that is read-only, connections that are killed
      (`DatabaseFaultsTest`); lost blocks, torn records, failed forces, a clock that jumps, by seeds
      (`SimulationTest`); damaged segments (`JournalTest`); the embedded database (`EmbeddedDatabaseTest`);
      that the probe sees a loop that is blocked (`StallProbeTest`).

      Not tried: a loss of power on a real machine, hours of outage (`-Dtailtap.fault.outage=3600` would).
      """;

  private final long began = System.nanoTime();
  private final StringBuilder rows = new StringBuilder();
  private final StringBuilder process = new StringBuilder();
  private final StringBuilder measured = new StringBuilder();
  private final StringBuilder skipped = new StringBuilder();

  synchronized void add(String fault, int rounds, FaultTrial.Verdict verdict, String seen) {
    rows.append(
        String.format(
            Locale.ROOT,
            "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %.1f |%n",
            fault,
            rounds,
            verdict.finished(),
            verdict.rows(),
            verdict.interrupted(),
            verdict.deadLetters(),
            verdict.lost().size(),
            verdict.wrong().size(),
            verdict.doubled().size(),
            verdict.sumsAgree() ? "agree" : "DIFFER",
            verdict.recoverySeconds()));
    process.append("| ").append(fault).append(" | ").append(seen).append(" |\n");
  }

  /** Something that is no fault, in sentences. */
  synchronized void note(String text) {
    measured.append('\n').append(text);
  }

  synchronized void skip(String fault, String why) {
    skipped.append("- ").append(fault).append(": skipped: ").append(why).append('\n');
  }

  /** Writes it; nowhere if there is no file. */
  synchronized void write(String file) throws IOException {
    if (file == null) {
      return;
    }
    String head =
        HEAD.formatted(
            LocalDate.now(UTC),
            System.getProperty("java.version"),
            Runtime.getRuntime().availableProcessors(),
            (System.nanoTime() - began) / 1_000_000_000,
            System.getProperty("tailtap.fault.rounds", "5"));
    String left = skipped.isEmpty() ? "\nNothing was skipped on this machine.\n" : "\n" + skipped;
    Files.writeString(Path.of(file), head + rows + PROCESS + process + measured + left + ELSEWHERE);
  }
}
