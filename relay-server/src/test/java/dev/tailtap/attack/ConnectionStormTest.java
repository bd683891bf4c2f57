package dev.tailtap.attack;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import dev.tailtap.rig.WatchedRelay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fuzz of whole connections: random requests, answers, sizes, framings and ends of both sides, at
 * a small heap. Honest calls arrive byte for byte on both sides; afterwards nothing is held,
 * nothing has leaked, each call is one row, and no event loop has stood still.
 *
 * <p>Some seconds by default; {@code -Dtailtap.storm.seconds=600} for the proof, {@code
 * -Dtailtap.storm.seed=N} to repeat one, {@code -Dtailtap.storm.connections=N} at once. What was
 * measured is written to target/attack.
 */
@Lengthy
class ConnectionStormTest {
  private static final int SECONDS = Integer.getInteger("tailtap.storm.seconds", 5);

  /** In a build, which may run on a busy machine, an honest provider may be slow. */
  private static final String TIMEOUT = Storm.WHOLE ? "4s" : "12s";

  private static final int PARALLEL = Integer.getInteger("tailtap.storm.connections", 150);
  private static final long SEED = Long.getLong("tailtap.storm.seed", System.nanoTime());
  private static final int ENOUGH = 20;
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long SETTLE_SECONDS = Patience.SECONDS;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Else a body is as many stack traces as it has bytes, which stalls a loop by itself. */
  private static final List<String> FLAGS =
      List.of("-Dio.netty.leakDetection.acquireAndReleaseOnly=true");

  private final String database = TestPostgres.freshDatabase();
  private final Verdict verdict = new Verdict("a storm of the seed " + SEED);
  private double worstOwn;
  private double worstExcess;
  private double worstStall;

  @TempDir private Path dir;

  @Test
  void leavesNothingHeldAndStallsNobody() throws Exception {
    try (Storm storm = new Storm(SEED);
        RelayProcess relay = RelayProcess.watched(FLAGS, dir, "serve", config(storm).toString())) {
      Figures figures = new Figures(relay);
      WatchedRelay.Look before = relay.look();
      storm.begin(relay.port(), PARALLEL);
      LockSupport.parkNanos(WARM_UP_NANOS);
      figures.scrape(); // what a young JVM takes its time for is left behind
      watch(storm, figures);
      storm.stop();
      awaitQuiet(storm, figures);
      judge(storm, relay, figures, before);
    } finally {
      Files.createDirectories(Path.of("target/attack"));
      Files.writeString(Path.of("target/attack/storm.txt"), verdict.toString());
    }
    assertTrue(verdict.holds(), () -> "\n" + verdict);
  }

  /** The probe's figures begin anew with each scrape, so the worst one is kept here. */
  private void watch(Storm storm, Figures figures) throws Exception {
    long end = System.nanoTime() + SECONDS * SECOND_NANOS;
    long deadline = end + Patience.NANOS;
    while (System.nanoTime() < end
        || (storm.exactCalls() <= ENOUGH && System.nanoTime() < deadline)) {
      LockSupport.parkNanos(SECOND_NANOS);
      stalls(figures.scrape());
      storm.underWay();
    }
  }

  private void stalls(Figures.Scrape now) {
    worstOwn = Math.max(worstOwn, now.figure("tailtap_loop_probe_own_seconds_max").orElse(0));
    worstExcess =
        Math.max(worstExcess, now.figure("tailtap_loop_probe_excess_seconds_max").orElse(0));
    worstStall = Math.max(worstStall, now.figure("tailtap_loop_probe_stall_seconds_max").orElse(0));
  }

  /** Waits until every connection has ended, every call is over and every row is written. */
  private void awaitQuiet(Storm storm, Figures figures) throws Exception {
    long deadline = System.nanoTime() + SETTLE_SECONDS * SECOND_NANOS;
    while (storm.underWay() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(SECOND_NANOS / 10);
    }
    verdict.require(storm.underWay() == 0, "connections have ended but %d", storm.underWay());
    storm.cut();
    Figures.Scrape now = figures.scrape();
    while (underWay(now) > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(SECOND_NANOS / 10);
      now = figures.scrape();
    }
  }

  private static double underWay(Figures.Scrape now) {
    return now.figure("tailtap_streams_active").orElse(1)
        + now.figure("tailtap_usage_in_flight").orElse(1)
        + now.figure("tailtap_usage_queue_depth").orElse(1)
        + now.figure("tailtap_memory_held_bytes").orElse(0);
  }

  private void judge(Storm storm, RelayProcess relay, Figures figures, WatchedRelay.Look before)
      throws Exception {
    WatchedRelay.Look after = relay.look();
    Figures.Scrape now = figures.scrape();
    List<String> problems = new ArrayList<>();
    for (Storm.Problem problem : storm.problems()) {
      problems.add(problem + "; row " + row(problem.number()));
    }
    verdict.fact(
        "%d calls reached the provider, %d honest ones exact, %d refused",
        storm.reached().size(), storm.exactCalls(), storm.refusedCalls());
    verdict.require(
        problems.isEmpty(),
        "honest calls arrive byte for byte:%s",
        problems.isEmpty() ? "" : "\n        " + String.join("\n        ", problems));
    verdict.require(storm.exactCalls() > ENOUGH, "there were honest calls");
    verdict.require(
        storm.refusedCalls() * 100 <= storm.exactCalls(), "hardly an honest call was refused");
    verdict.require(before.leaks() + after.leaks() == 0, "nothing leaked: %d", after.leaks());
    long more = (after.directBytes() - before.directBytes()) >> 20;
    verdict.require(
        more <= Requirements.DIRECT_TOLERANCE_MIB,
        "direct memory is back: %d MiB, and %d MiB before",
        after.directBytes() >> 20,
        before.directBytes() >> 20);
    nothingIsHeld(now);
    rowsAreRight(storm, now);
    double most = Requirements.STALL.toMillis();
    verdict.require(
        SECONDS < 60 || worstOwn * 1e3 < most || worstExcess * 1e3 < most, // no times in a build
        "no loop stood still by itself: own %.0f ms, excess %.0f ms, stall %.0f ms",
        worstOwn * 1e3,
        worstExcess * 1e3,
        worstStall * 1e3);
    long traces = relay.err().lines().filter(line -> line.startsWith("\tat ")).count();
    verdict.require(traces == 0, "no stack trace in its log: %d lines of such", traces);
    Files.createDirectories(Path.of("target/attack"));
    Files.writeString(Path.of("target/attack/storm.log"), relay.err());
  }

  private void nothingIsHeld(Figures.Scrape now) {
    for (String figure :
        List.of(
            "client_connections", "streams_active", "client_backlog_bytes", "memory_held_bytes")) {
      OptionalDouble value = now.figure("tailtap_" + figure);
      if (value.isEmpty() && figure.equals("memory_held_bytes")) {
        verdict.fact("there is no tailtap_%s on the page", figure);
      } else {
        verdict.require(value.orElse(1) == 0, "tailtap_%s is 0: %s", figure, value);
      }
    }
  }

  private void rowsAreRight(Storm storm, Figures.Scrape now) throws SQLException {
    Map<Integer, Integer> rows = new HashMap<>();
    long count;
    long hours;
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement()) {
      try (ResultSet found = statement.executeQuery("select path from usage_record")) {
        while (found.next()) {
          rows.merge(Origin.numberOf(found.getString(1)), 1, Integer::sum);
        }
      }
      count = number(statement, "select count(*) from usage_record");
      hours = number(statement, "select coalesce(sum(calls), 0)::bigint from usage_hour");
    }
    Set<Integer> lost = new HashSet<>(storm.reached());
    lost.removeAll(rows.keySet());
    long doubled = rows.values().stream().filter(of -> of > 1).count();
    verdict.require(
        lost.isEmpty() && doubled == 0,
        "each call is one row: %d rows, %d lost, %d doubled",
        count,
        lost.size(),
        doubled);
    verdict.require(count == hours, "the hours sum up to the rows: %d", hours);
    double opened = now.figure("tailtap_usage_records_total", "opened").orElse(-1);
    double committed = now.figure("tailtap_usage_records_total", "committed").orElse(0);
    double dead = now.figure("tailtap_usage_records_total", "dead_letter").orElse(0);
    verdict.require(
        opened == committed + dead,
        "opened = committed + dead letters: %.0f = %.0f + %.0f",
        opened,
        committed,
        dead);
  }

  private String row(int number) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select outcome, error, http_status, request_bytes, response_bytes from usage_record"
                    + " where path like '/storm/"
                    + number
                    + "/%'")) {
      return !found.next()
          ? "none"
          : found.getString(1)
              + " "
              + found.getString(2)
              + " "
              + found.getString(3)
              + " "
              + found.getString(4)
              + " "
              + found.getString(5);
    }
  }

  private static long number(Statement statement, String query) throws SQLException {
    try (ResultSet found = statement.executeQuery(query)) {
      found.next();
      return found.getLong(1);
    }
  }

  private Path config(Storm storm) throws IOException {
    return Files.write(
        dir.resolve("relay.properties"),
        List.of(
            "relay.listen=127.0.0.1:0",
            "relay.stall-probe=2ms",
            "admin.listen=127.0.0.1:0",
            "upstream.storm.url=" + storm.url(),
            "upstream.storm.head-timeout=" + TIMEOUT,
            "upstream.storm.idle-timeout=" + TIMEOUT,
            "route.storm.path=/storm",
            "route.storm.upstream=storm",
            "limits.request-stall=" + TIMEOUT,
            "limits.write-stall=" + TIMEOUT,
            "usage.settle-timeout=15s",
            "journal.dir=" + dir.resolve("journal"),
            "store.url=" + database));
  }
}
