package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.log.ProcessLog;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.ChildClasses;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store in a process of its own, killed in the middle of its work again and again; {@code
 * -Dtailtap.kill-rounds=100} says how often. What it said before it died must be in the database.
 */
@Lengthy
@ExtendWith(TestServer.class)
final class KillTest {
  private static final int LOOPS = 8;

  @TempDir private Path dir;
  private final Set<String> begun = new HashSet<>();
  private final Set<String> ended = new HashSet<>();

  /** Begun, and begun anew at another upstream. */
  private final Set<String> moved = new HashSet<>();

  @Test
  void losesAndDoublesNothingThatWasDone(TestDatabase database) throws Exception {
    int rounds = Integer.getInteger("tailtap.kill-rounds", 5);
    Random random = new Random(4);
    for (int round = 0; round < rounds; round++) {
      killAfter(random.nextInt(4_000), round, database);
    }
    Stats stats = new Stats();
    try (UsageStore store =
        UsageStore.open(
            database.config(1_000, 1_024),
            Records.journal(dir),
            EmbeddedDatabase::start,
            stats,
            Clock.systemUTC(),
            Backoff.NORMAL)) {
      assertTrue(store.drain(Patience.TIME));
    }
    assertEquals(0, stats.value(Metric.JOURNAL_DAMAGE));
    Map<String, String> rows = rows(database);
    assertTrue(ended.size() > rounds * 20, ended.size() + " calls ended");
    ended.forEach(id -> assertEquals("completed", rows.get(id), "the end of " + id));
    begun.forEach(id -> assertTrue(rows.containsKey(id), "the beginning of " + id));
    assertTrue(moved.size() > rounds, moved.size() + " calls began anew");
    assertEquals(Set.of(), elsewhere(database, moved), "rows of a former beginning");
    assertTrue(rows.containsValue("interrupted"));
    assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
    assertEquals(
        "0", database.ask("select count(*) - count(distinct id) from usage_record"), "doubled");
    assertEquals(
        database.ask("select count(*) || ' ' || coalesce(sum(total_tokens), 0) from usage_record"),
        database.ask("select sum(calls) || ' ' || sum(total_tokens) from usage_hour"));
  }

  private void killAfter(int lines, int round, TestDatabase database) throws Exception {
    Process process =
        ChildClasses.java(
                List.of("-Xmx256m", "-Dtailtap.log.dev.tailtap=error"),
                KillTest.class,
                database.url(),
                database.user(),
                database.password(),
                dir.toString(),
                Integer.toString(round))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    int read = 0;
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      told(line.charAt(0)).add(line.substring(2));
      if (read++ == lines) {
        process.toHandle().destroyForcibly(); // which leaves the pipe to be read
      }
    }
    assertTrue(read > lines, "the other process ended by itself");
    process.waitFor();
  }

  private Set<String> told(char step) {
    return step == 'B' ? begun : step == 'M' ? moved : ended;
  }

  /** Those of the calls whose row does not name the upstream where they began last. */
  private static Set<String> elsewhere(TestDatabase database, Set<String> calls) throws Exception {
    Set<String> others = new HashSet<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("select id from usage_record where upstream <> 'second'")) {
      while (found.next()) {
        others.add(found.getString(1));
      }
    }
    others.retainAll(calls);
    return others;
  }

  private static Map<String, String> rows(TestDatabase database) throws Exception {
    Map<String, String> rows = new HashMap<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("select id, outcome from usage_record")) {
      while (found.next()) {
        rows.put(found.getString(1), found.getString(2));
      }
    }
    return rows;
  }

  /** What the other process runs: calls without end, each step told as soon as it is done. */
  public static void main(String[] args) throws Exception {
    ProcessLog.install(System.err);
    TestDatabase database = new TestDatabase(args[0], args[1], args[2]);
    int first = Integer.parseInt(args[4]) * 1_000_000;
    UsageStore store =
        UsageStore.open(
            database.config(100, 1_024),
            Records.journal(Path.of(args[3])),
            EmbeddedDatabase::start,
            new Stats());
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    for (int loop = 0; loop < LOOPS; loop++) {
      int from = first + loop * 100_000;
      new Thread(() -> calls(store, from, out)).start();
    }
  }

  private static void calls(UsageStore store, int from, FileOutputStream out) {
    try {
      for (int number = from; number < from + 100_000; number++) {
        while (!store.reserve()) {
          Thread.onSpinWait();
        }
        UsageRecord record = Records.record(number);
        CountDownLatch written = new CountDownLatch(1);
        if (!store.openCall(record.call(), written::countDown)) {
          written.await();
        }
        tell(out, "B " + record.id());
        if (number % 3 == 0) {
          record = moved(store, record, out);
        }
        CountDownLatch durable = new CountDownLatch(1);
        store.closeCall(record, durable::countDown);
        durable.await();
        tell(out, "E " + record.id());
      }
    } catch (IOException | InterruptedException end) {
      throw new IllegalStateException(end);
    }
  }

  private static UsageRecord moved(UsageStore store, UsageRecord record, FileOutputStream out)
      throws IOException, InterruptedException {
    OpenRecord second = Records.sentTo(record.call(), "second");
    CountDownLatch written = new CountDownLatch(1);
    store.reopenCall(second, written::countDown);
    written.await();
    tell(out, "M " + record.id());
    return new UsageRecord(
        second, record.request(), record.response(), record.usage(), record.end());
  }

  private static void tell(FileOutputStream out, String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
  }
}
