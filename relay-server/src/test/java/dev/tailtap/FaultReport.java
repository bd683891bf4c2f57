package dev.tailtap;

import static java.time.ZoneOffset.UTC;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Locale;

/** The table of durability: what each fault did to the rows, and what was not tried. */
final class FaultReport {
  private static final String HEAD =
      """
      # Durability

      The relay as a process with a real PostgreSQL (fsync on) and eight clients that stream without a
      pause, `usage.settle=before-end`. Each call has a path of its own, and the provider counts it into
      the usage, so that every row can be compared with what the client and the provider saw.

      *Lost*: the call reached the provider, or its client saw the proper end, and there is no row.
      *Wrong*: the client saw the end, and the row says something else. *Doubled*: more than one row.
      *Sums*: whether `usage_hour` equals the aggregate of `usage_record`. *Interrupted*: rows of calls
      that a kill cut off. *Stall*: the latest timer of an event loop, as `tailtap_loop_stall_seconds_max` tells;
      the line *none* is what this machine does to a loop with no fault at all, start-up included. The
      timer comes every 250 ms, so that it sees a single shorter stall only by chance and a repeated one
      surely. *Recovery*: from the end of the fault until ten more streams have ended and no row waits.

      Written on %s with JDK %s on %d processors by

      ```
      mvn -q -pl relay-server test -Dtest=FaultsTest -Dtailtap.fault.rounds=%s \\
          -Dtailtap.fault.report=../docs/DURABILITY.md
      ```

      | fault | rounds | streams finished | rows | interrupted | dead letters | lost | wrong | doubled | sums | stall ms | recovery s |
      |---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|
      """;

  private static final String ELSEWHERE =
      """

      Proved elsewhere, each a test of its own: the store's process killed (`KillTest`); a commit whose
      answer is dropped, a locked table, a database that is read-only, connections that are killed
      (`DatabaseFaultsTest`); lost blocks, torn frames, failed forces, a clock that jumps, by seeds
      (`SimulationTest`); damaged segments (`JournalTest`); the embedded database (`EmbeddedDatabaseTest`).

      Not tried: a loss of power on a real machine, a disk full under PostgreSQL, a slow or half-open
      network to the database, hours of outage.
      """;

  private final StringBuilder rows = new StringBuilder();
  private final StringBuilder skipped = new StringBuilder();

  synchronized void add(String fault, int rounds, FaultTrial.Verdict verdict) {
    rows.append(
        String.format(
            Locale.ROOT,
            "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %.0f | %.1f |%n",
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
            1e3 * verdict.stallSeconds(),
            verdict.recoverySeconds()));
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
            System.getProperty("tailtap.fault.rounds", "5"));
    String left = skipped.isEmpty() ? "\nNothing was skipped on this machine.\n" : "\n" + skipped;
    Files.writeString(Path.of(file), head + rows + left + ELSEWHERE);
  }
}
