package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.ChildClasses;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Stats;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that hand over to each other share a journal. What one of them has begun is its own
 * until it is gone: a call that still runs there is not interrupted, and its end is not lost.
 */
@Lengthy
@ExtendWith(TestServer.class)
final class SharedJournalTest {
  private static final int CALLS = 20;

  @TempDir private Path dir;

  @Test
  void callsThatStillRunElsewhereAreNotInterrupted(TestDatabase database) throws Exception {
    try (Elsewhere old = new Elsewhere(database, database.url(), dir, 0);
        UsageStore store = open(database)) {
      old.open();
      Records.offer(store, Records.many(1_000, 5));
      assertTrue(store.drain(Patience.TIME));
      looks(store, 3);
      assertEquals("5", count(database, ""));
      old.end(CALLS / 2);
      looks(store, 3);
      Records.await("the ends", () -> count(database, "").equals(Integer.toString(5 + CALLS / 2)));
      old.end(CALLS - CALLS / 2);
      old.stop();
      looks(store, 2);
      assertEquals(Integer.toString(5 + CALLS), count(database, "where outcome = 'completed'"));
      assertEquals("0", count(database, "where outcome <> 'completed'"));
      assertCountedOnce(database);
    }
  }

  @Test
  void whatAKilledProcessLeftIsWrittenByTheOneBesideIt(TestDatabase database) throws Exception {
    String away = "jdbc:postgresql://127.0.0.1:9/away";
    try (Elsewhere old = new Elsewhere(database, away, dir, 0);
        UsageStore store = open(database)) {
      old.open();
      old.end(CALLS / 2);
      looks(store, 3);
      assertEquals("0", count(database, ""));
      old.kill();
      String half = Integer.toString(CALLS / 2);
      Records.await("all rows", () -> count(database, "").equals(Integer.toString(CALLS)));
      assertEquals(half, count(database, "where outcome = 'completed'"));
      assertEquals(half, count(database, "where outcome = 'interrupted'"));
      looks(store, 2);
      assertCountedOnce(database);
    }
    try (UsageStore store = open(database)) { // finds nothing that was written before
      looks(store, 2);
      assertEquals(0, store.pending());
    }
    assertEquals(Integer.toString(CALLS), count(database, ""));
  }

  @Test
  void whatAKilledProcessHadOnlyStagedIsWrittenByTheOneBesideIt(TestDatabase database)
      throws Exception {
    String away = "jdbc:postgresql://127.0.0.1:9/away";
    try (Elsewhere old = new Elsewhere(database, away, dir, 0);
        UsageStore store = open(database)) {
      old.tell("hold");
      assumeTrue(old.stages(), "skipped: a core that is free for 5 ms missing");
      looks(store, 2);
      assertEquals("0", count(database, ""));
      old.kill();
      String all = Integer.toString(CALLS + 1);
      Records.await("all rows", () -> count(database, "").equals(all));
      assertEquals("1", count(database, "where outcome = 'completed'"), "by which it was held");
      assertEquals(
          Integer.toString(CALLS), count(database, "where outcome = 'interrupted'"), "the others");
      looks(store, 2);
      assertCountedOnce(database);
    }
    try (UsageStore store = open(database)) {
      looks(store, 2);
      assertEquals(0, store.pending());
    }
    assertEquals(Integer.toString(CALLS + 1), count(database, ""));
  }

  @Test
  void whoStartsAfterAllWereKilledWritesWhatEachOfThemLeft(TestDatabase database) throws Exception {
    String away = "jdbc:postgresql://127.0.0.1:9/away";
    try (Elsewhere first = new Elsewhere(database, away, dir, 0);
        Elsewhere second = new Elsewhere(database, away, dir, 1);
        Elsewhere third = new Elsewhere(database, away, dir, 2)) {
      for (Elsewhere each : List.of(first, second, third)) {
        each.open();
        each.end(CALLS / 2);
      }
      first.kill();
      second.kill();
      third.kill();
    }
    // Also where it does not share its journal itself.
    try (UsageStore store = open(database, false)) {
      String all = Integer.toString(3 * CALLS);
      Records.await("all rows", () -> count(database, "").equals(all));
      assertTrue(store.drain(Patience.TIME));
      assertEquals(
          Integer.toString(3 * CALLS / 2), count(database, "where outcome = 'interrupted'"));
      assertCountedOnce(database);
    }
  }

  private static void assertCountedOnce(TestDatabase database) throws Exception {
    assertEquals(
        count(database, ""), database.ask("select coalesce(sum(calls), 0) from usage_hour"));
    assertEquals("0", database.ask("select count(*) - count(distinct id) from usage_record"));
  }

  private static String count(TestDatabase database, String where) {
    try {
      return database.ask("select count(*) from usage_record " + where);
    } catch (Exception trouble) {
      return trouble.toString(); // not made yet
    }
  }

  /** Waits until it has looked for what others have left so many times more. */
  private static void looks(UsageStore store, int times) {
    long until = store.looksForOthers() + times;
    Records.await("looks", () -> store.looksForOthers() >= until);
  }

  private UsageStore open(TestDatabase database) {
    return open(database, true);
  }

  private UsageStore open(TestDatabase database, boolean shared) {
    return UsageStore.open(
        database.config(100, 1_024),
        shared ? Records.sharedJournal(dir) : Records.journal(dir),
        EmbeddedDatabase::start,
        new Stats(),
        Clock.systemUTC(),
        Backoff.NORMAL);
  }

  /** A process with a store of its own, in the same journal; it does what it is told by lines. */
  private static final class Elsewhere implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    Elsewhere(TestDatabase database, String url, Path dir, int number) throws Exception {
      process =
          ChildClasses.java(
                  List.of("-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"),
                  SharedJournalTest.class,
                  url,
                  database.user(),
                  database.password(),
                  dir.toString(),
                  Integer.toString(number))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      out = process.inputReader(StandardCharsets.UTF_8);
      assertEquals("started", out.readLine());
    }

    void open() throws Exception {
      tell("open");
    }

    void end(int count) throws Exception {
      tell("end " + count);
    }

    /** False: it was held up twice meanwhile, and stages nothing for some minutes. */
    boolean stages() throws Exception {
      say("stage");
      String answer = out.readLine();
      assertTrue(Set.of("done stage", "paused").contains(answer), answer);
      return answer.equals("done stage");
    }

    /** Ends it in order. */
    void stop() throws Exception {
      tell("stop");
      assertEquals(0, process.waitFor());
    }

    void kill() throws Exception {
      process.destroyForcibly().waitFor();
    }

    private void tell(String what) throws Exception {
      say(what);
      assertEquals("done " + what, out.readLine());
    }

    private void say(String what) throws Exception {
      OutputStream in = process.getOutputStream();
      in.write((what + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /** What such a process runs. */
  public static void main(String[] args) throws Exception {
    TestDatabase database = new TestDatabase(args[0], args[1], args[2]);
    UsageStore store =
        UsageStore.open(
            database.config(100, 1_024),
            Records.sharedJournal(Path.of(args[3])),
            EmbeddedDatabase::start,
            new Stats());
    System.out.println("started");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<UsageRecord> open =
        new ArrayList<>(Records.many(Integer.parseInt(args[4]) * CALLS, CALLS));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line.replaceAll(" .*", "")) {
        case "open" -> begin(store, open);
        case "hold" -> hold(store);
        case "stage" -> stage(store, open);
        case "end" -> end(store, open.subList(0, Integer.parseInt(line.substring(4))));
        default -> {
          store.drain(Patience.TIME);
          store.close();
        }
      }
      System.out.println("done " + line);
      if (line.equals("stop")) {
        return;
      }
    }
  }

  private static void begin(UsageStore store, List<UsageRecord> calls) throws Exception {
    CountDownLatch written = new CountDownLatch(calls.size());
    for (UsageRecord call : calls) {
      assertTrue(store.reserve());
      if (store.openCall(call.call(), written::countDown)) {
        written.countDown();
      }
    }
    written.await();
  }

  /** From now on the journal's thread writes nothing. */
  private static void hold(UsageStore store) throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    Runnable forEver =
        () -> {
          held.countDown();
          while (true) {
            LockSupport.park(held);
          }
        };
    assertTrue(store.reserve());
    store.closeCall(Records.record(9_000), forEver);
    held.await();
  }

  /** What nobody has to wait for, although nothing is written. */
  private static void stage(UsageStore store, List<UsageRecord> calls) {
    for (UsageRecord call : calls) {
      assertTrue(store.reserve());
      Runnable never = () -> System.out.println("told of what it knows");
      if (!store.openCall(call.call(), never)) {
        System.out.println("paused");
        return;
      }
    }
  }

  private static void end(UsageStore store, List<UsageRecord> calls) throws Exception {
    CountDownLatch durable = new CountDownLatch(calls.size());
    for (UsageRecord call : calls) {
      store.closeCall(call, durable::countDown);
    }
    durable.await();
    calls.clear();
  }
}
