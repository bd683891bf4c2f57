package dev.tailtap.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import dev.tailtap.rig.WatchedRelay;
import dev.tailtap.soak.SoakLoad.Saw;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The relay as a process under streams of several dialects and framings, of which a fifth is left
 * by its client and a twentieth reset by its upstream: nothing leaks, memory stays flat, every row
 * is right.
 *
 * <p>Some seconds by default; {@code -Dtailtap.soak.minutes=10} for a real one, {@code
 * -Dtailtap.soak.clients=N} at once, {@code -Dtailtap.soak.report=FILE} for its table.
 */
@Lengthy
class SoakTest {
  private static final int MINUTES = Integer.getInteger("tailtap.soak.minutes", 0);
  private static final int CLIENTS =
      Integer.getInteger("tailtap.soak.clients", MINUTES == 0 ? 32 : 200);
  private static final long SECONDS = MINUTES == 0 ? 3 : MINUTES * 60L;
  private static final long WARM_UP_SECONDS = MINUTES == 0 ? 1 : 20;
  private static final long ENOUGH = 20;
  private static final long DIRECT_TOLERANCE = 16L << 20;
  private static final long SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final HttpClient http = HttpClient.newHttpClient();
  private final String database = TestPostgres.freshDatabase();

  @TempDir private Path dir;

  @Test
  void leaksNothingAndCountsEveryStream() throws Exception {
    try (SoakLoad load = new SoakLoad();
        RelayProcess relay = RelayProcess.watched(dir, "serve", config(load).toString())) {
      int port = relay.port();
      run(relay, load, port, WARM_UP_SECONDS);
      awaitQuiet(relay);
      WatchedRelay.Look before = relay.look();
      long began = System.nanoTime();
      List<Long> resident = run(relay, load, port, SECONDS);
      awaitQuiet(relay);
      WatchedRelay.Look after = relay.look();
      SoakReport report =
          new SoakReport(
              load,
              rows(),
              before.leaks() + after.leaks(),
              before.directBytes(),
              after.directBytes(),
              resident,
              (System.nanoTime() - began) / 1e9);
      report.write(System.getProperty("tailtap.soak.report"));
      judge(report, relay);
    }
  }

  private void judge(SoakReport report, RelayProcess relay) throws Exception {
    assertTrue(report.count(Saw.END) >= ENOUGH, report::toString);
    assertEquals(List.of(), report.lost(), "lost");
    assertEquals(List.of(), report.wrong(), "wrong");
    assertEquals(metric(relay, "calls_total"), report.rowCount(), "rows, and calls admitted");
    assertEquals(0, report.leaks(), relay::toString);
    assertTrue(report.directGrowth() < DIRECT_TOLERANCE, report::toString);
    assertTrue(MINUTES == 0 || report.isFlat(), report::toString);
  }

  private List<Long> run(RelayProcess relay, SoakLoad load, int port, long seconds)
      throws Exception {
    List<Long> resident = new ArrayList<>();
    load.begin(port, CLIENTS);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long enough = load.ended() + ENOUGH; // which a busy machine takes longer for
    while (System.nanoTime() < end || load.ended() < enough) {
      resident.add(relay.residentKibibytes());
      LockSupport.parkNanos(SAMPLE_NANOS);
    }
    load.end();
    resident.add(relay.residentKibibytes());
    return resident;
  }

  /** Waits until no stream is under way and every row is in the database. */
  private void awaitQuiet(RelayProcess relay) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (metric(relay, "streams_active") + metric(relay, "usage_in_flight") > 0
        || metric(relay, "usage_queue_depth") > 0) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("streams or rows are still under way\n" + relay.err());
      }
      LockSupport.parkNanos(SAMPLE_NANOS);
    }
  }

  /** The sum over the labels of a figure. */
  private int metric(RelayProcess relay, String name) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + relay.adminPort() + "/metrics");
    return (int)
        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body()
            .lines()
            .filter(line -> line.matches("tailtap_" + name + "[{ ].*"))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
  }

  /** What the rows say: outcome and tokens, by the stream's number; doubled ones are joined. */
  private Map<Integer, String> rows() throws Exception {
    Map<Integer, String> rows = new HashMap<>();
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select path, outcome, prompt_tokens, completion_tokens, error from usage_record")) {
      while (found.next()) {
        String row = found.getString(2) + " " + found.getString(3) + " " + found.getString(4);
        String error = found.getString(5);
        row += error == null ? "" : " " + error;
        rows.merge(SoakPlan.numberOf(found.getString(1)), row, (one, two) -> one + ", " + two);
      }
    }
    return rows;
  }

  private Path config(SoakLoad load) throws IOException {
    return Files.write(
        dir.resolve("relay.properties"),
        List.of(
            "relay.listen=127.0.0.1:0",
            "relay.loops=2",
            "admin.listen=127.0.0.1:0",
            "upstream.test.url=" + load.providerUrl(),
            "route.test.path=/",
            "route.test.upstream=test",
            "usage.settle-timeout=15s",
            "journal.dir=" + dir.resolve("journal"),
            "store.url=" + database));
  }
}
