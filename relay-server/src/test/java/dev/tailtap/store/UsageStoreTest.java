package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(TestServer.class)
final class UsageStoreTest {
  private static final Backoff FAST =
      new Backoff(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(50));
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String ROLLUP =
      "select coalesce(sum(calls), 0) || ' ' || coalesce(sum(prompt_tokens), 0) from usage_hour";

  @TempDir private Path dir;
  private final Stats stats = new Stats();

  @Test
  void writesWhatIsOfferedAndSaysSo(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 1_000, 10_000)) {
      Records.offer(store, Records.many(0, 2_500));
      assertTrue(store.drain(LONG));
      assertEquals("2500", database.ask("select count(*) from usage_record"));
      assertEquals("2500 25000", database.ask(ROLLUP));
      assertEquals(2_500, stats.value(Metric.RECORDS, "closed"));
      assertEquals(2_500, stats.value(Metric.RECORDS, "committed"));
      assertEquals(0, stats.value(Metric.RECORDS, "duplicate"));
      assertEquals(0, store.pending());
      assertEquals(0, Records.failures(stats));
    }
  }

  @Test
  void writesOneRowWithoutWaitingForAFullBatch(TestDatabase database) {
    try (UsageStore store = open(database, 1_000, 10)) {
      Records.offer(store, Records.many(0, 1));
      Records.await("the row", () -> store.pending() == 0);
    }
  }

  @Test
  void filesTheOneRowThatTheDatabaseRefusesAndWritesTheOther999(TestDatabase database)
      throws Exception {
    try (UsageStore store = open(database, 1_000, 10_000)) {
      database.execute("alter table usage_record add constraint p check (path <> '/poison')");
      List<UsageRecord> records = new ArrayList<>(Records.many(0, 999));
      records.add(437, Records.record(5_000, "/poison", "tab\there\\", 1L, 1L));
      Records.offer(store, records);
      assertTrue(store.drain(LONG));
      assertEquals("999", database.ask("select count(*) from usage_record"));
      assertEquals("999 9990", database.ask(ROLLUP));
      assertEquals("23514", database.ask("select sqlstate from usage_dead_letter"));
      assertEquals("1", database.ask("select count(*) from usage_dead_letter"));
      assertEquals(1, stats.value(Metric.RECORDS, "dead_letter"));
      assertEquals(999, stats.value(Metric.RECORDS, "committed"));
      String line = database.ask("select convert_from(payload, 'UTF8') from usage_dead_letter");
      assertEquals(57, line.split("\t", -1).length);
      assertTrue(line.contains("tab\\there\\\\"), line);
    }
  }

  @Test
  void filesARecordThatCannotEvenBeRead(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 100, 1_000)) {
      Records.offer(store, Records.many(0, 20));
      Records.offer(store, List.of(Records.with(50, "/", null)));
      Records.offer(store, Records.many(100, 20));
      assertTrue(store.drain(LONG));
      assertEquals("40", database.ask("select count(*) from usage_record"));
      assertEquals("1", database.ask("select count(*) from usage_dead_letter"));
    }
  }

  @Test
  void takesRecordsFromManyThreadsAtOnce(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 500, 10_000)) {
      List<Thread> loops = new ArrayList<>();
      for (int loop = 0; loop < 4; loop++) {
        List<UsageRecord> own = Records.many(loop * 10_000, 2_000);
        loops.add(new Thread(() -> Records.offer(store, own)));
      }
      loops.forEach(Thread::start);
      for (Thread loop : loops) {
        loop.join();
      }
      assertTrue(store.drain(LONG));
      assertEquals("8000", database.ask("select count(*) from usage_record"));
      assertEquals("8000 80000", database.ask(ROLLUP));
    }
  }

  @Test
  void waitsWithoutFilingAnythingWhileTheSchemaIsBroken(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      database.execute("alter table usage_record rename column path to lost");
      Records.offer(store, Records.many(0, 50));
      Records.await(
          "a second probe", () -> stats.value(Metric.DB_ERRORS, FailureKind.SCHEMA.label()) >= 2);
      assertEquals(50, store.pending());
      database.execute("alter table usage_record rename column lost to path");
      assertTrue(store.drain(LONG));
      assertEquals("50", database.ask("select count(*) from usage_record"));
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
    }
  }

  @Test
  void takesManyRefusedRowsForABrokenSchema(TestDatabase database) throws Exception {
    // One batch of them all: a smaller one that came first would be taken for bad rows. And no
    // probe
    // while the constraint goes, half of which would meet it.
    StoreConfig oneBatch = database.config(200, 10_000, LONG);
    Backoff patient = new Backoff(Duration.ofMillis(5), Duration.ofMillis(50), LONG);
    try (UsageStore store =
        UsageStore.open(
            oneBatch,
            Records.journal(dir),
            EmbeddedDatabase::start,
            stats,
            Clock.systemUTC(),
            patient)) {
      database.execute("alter table usage_record add constraint n check (frames < 0) not valid");
      Records.offer(store, Records.many(0, 200));
      Records.await(
          "the first try", () -> stats.value(Metric.DB_ERRORS, FailureKind.SCHEMA.label()) > 0);
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
      database.execute("alter table usage_record drop constraint n");
      assertTrue(store.drain(LONG));
      assertEquals("200", database.ask("select count(*) from usage_record"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 19})
  void takesASmallBatchForTheVictimOfABrokenSchema(int rows, TestDatabase database)
      throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      database.execute("alter table usage_record add column region text not null");
      Records.offer(store, Records.many(0, rows));
      Records.await("probes", () -> stats.value(Metric.DB_ERRORS, FailureKind.SCHEMA.label()) >= 3);
      assertEquals(rows, store.pending());
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
      database.execute("alter table usage_record alter column region drop not null");
      assertTrue(store.drain(LONG));
      assertEquals(Integer.toString(rows), database.ask("select count(*) from usage_record"));
      assertEquals(Integer.toString(rows), database.ask("select sum(calls) from usage_hour"));
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 19})
  void filesBadRowsThatMakeUpAWholeBatch(int rows, TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      database.execute("alter table usage_record add constraint p check (path <> '/poison')");
      for (int number = 0; number < rows; number++) {
        Records.offer(store, List.of(Records.record(number, "/poison", "m", 1L, 1L)));
      }
      assertTrue(store.drain(LONG));
      assertEquals(Integer.toString(rows), database.ask("select count(*) from usage_dead_letter"));
      assertEquals("0", database.ask("select count(*) from usage_record"));
      Records.offer(store, Records.many(100, 1));
      assertTrue(store.drain(LONG));
    }
  }

  @Test
  void filesTheRefusedOnceANewRowShowsThatTheTablesTakeRows(TestDatabase database)
      throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      Records.offer(store, List.of(Records.record(1, "/old", "m", 1L, 1L)));
      assertTrue(store.drain(LONG));
      database.execute(
          "alter table usage_record add constraint o check (path <> '/old') not valid");
      Records.offer(store, List.of(Records.record(2, "/old", "m", 1L, 1L)));
      Records.await(
          "a pause", () -> stats.value(Metric.DB_ERRORS, FailureKind.SCHEMA.label()) >= 2);
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
      Records.offer(store, List.of(Records.record(3, "/new", "m", 1L, 1L)));
      assertTrue(store.drain(LONG));
      assertEquals("2", database.ask("select count(*) from usage_record"));
      assertEquals("2", database.ask("select sum(calls) from usage_hour"));
      assertEquals("1", database.ask("select count(*) from usage_dead_letter"));
    }
  }

  @Test
  void makesTheTablesAgainThatSomebodyDropped(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      database.execute("drop table usage_record, usage_hour cascade");
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(LONG));
      assertEquals("10", database.ask("select count(*) from usage_record"));
    }
  }

  @Test
  void writesARowThatNoPartitionTakes(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 100, 10_000)) {
      database.execute("drop table usage_record_default");
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(LONG));
      assertEquals("10", database.ask("select count(*) from usage_record_default"));
    }
  }

  @Test
  void holdsAPlaceForEachCallFromItsAdmissionToItsRow(TestDatabase database) throws Exception {
    try (UsageStore store = open(database, 10, 3)) {
      for (int call = 0; call < 3; call++) {
        assertTrue(store.reserve());
      }
      assertFalse(store.reserve());
      store.release();
      assertTrue(store.reserve());
      store.closeCall(Records.record(1), () -> {});
      assertTrue(store.drain(LONG));
      assertTrue(store.reserve());
      assertFalse(store.reserve());
    }
  }

  @Test
  void aCallThatBeginsAnewIsOneRowOfItsLastBeginning(TestDatabase database) throws Exception {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    UsageRecord ended = Records.at(1, now);
    UsageRecord left = Records.at(2, now);
    OpenRecord first = Records.sentTo(ended.call(), "gone");
    OpenRecord second = Records.sentTo(left.call(), "second");
    try (UsageStore store = open(database, 10, 3)) {
      assertTrue(store.reserve());
      assertTrue(store.reserve());
      store.openCall(first, () -> {});
      store.reopenCall(later(ended.call()), () -> {});
      store.openCall(left.call(), () -> {});
      CountDownLatch written = new CountDownLatch(1);
      store.reopenCall(second, written::countDown);
      store.closeCall(ended, () -> {});
      assertTrue(store.drain(LONG));
      assertTrue(written.await(Patience.SECONDS, TimeUnit.SECONDS));
      assertEquals(2, stats.value(Metric.RECORDS, "opened"));
      assertEquals(1, stats.value(Metric.RECORDS, "committed"));
      assertTrue(store.reserve());
      assertTrue(store.reserve());
      assertFalse(store.reserve(), "one is in flight, and has one place");
      assertEquals(
          "main " + Micros.of(now),
          database.ask(
              "select upstream || ' ' || (extract(epoch from started_at) * 1000000)::bigint from usage_record"));
    }
    try (UsageStore store = open(database, 10, 3)) {
      assertTrue(store.drain(LONG));
      assertEquals(
          "second interrupted",
          database.ask(
              "select upstream || ' ' || outcome from usage_record where id = '%s'"
                  .formatted(left.id())));
      assertEquals("2 10", database.ask(ROLLUP));
    }
  }

  /** The same beginning, by a clock that has gone on. */
  private static OpenRecord later(OpenRecord call) {
    return new OpenRecord(
        call.id(),
        call.startedAt().plusSeconds(9),
        call.route(),
        call.upstream(),
        call.dialect(),
        call.method(),
        call.path(),
        call.tenant(),
        call.attempt());
  }

  @Test
  void refusesADatabaseOfAnotherSchemaVersionAndLeavesItAlone(TestDatabase database)
      throws Exception {
    open(database, 10, 10).close();
    database.execute("update tailtap_schema set version = 2; drop table usage_dead_letter");
    StoreStartException refusal =
        assertThrows(StoreStartException.class, () -> open(database, 10, 10));
    assertTrue(refusal.getMessage().contains("schema version 2"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("store.url"), refusal.getMessage());
    assertEquals(null, database.ask("select to_regclass('usage_dead_letter')"));
  }

  @Test
  void refusesAWrongPasswordWithoutPrintingIt(TestDatabase database) {
    TestDatabase wrong = new TestDatabase(database.url(), database.user(), "sesame");
    StoreStartException refusal =
        assertThrows(StoreStartException.class, () -> open(wrong, 10, 10));
    assertTrue(refusal.getMessage().contains("password"), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("sesame"), refusal.getMessage());
  }

  @Test
  void describesTheDatabaseWithoutItsPassword() {
    try (Database database =
        new Database(
            new DatabaseAddress(
                "jdbc:postgresql://127.0.0.1:1/usage?user=u&password=sesame&sslmode=prefer",
                "",
                ""),
            1)) {
      assertEquals(
          "jdbc:postgresql://127.0.0.1:1/usage?user=u&password=***&sslmode=prefer",
          database.description());
    }
  }

  private UsageStore open(TestDatabase database, int batchRows, int queueRows) {
    return UsageStore.open(
        database.config(batchRows, queueRows),
        Records.journal(dir),
        EmbeddedDatabase::start,
        stats,
        Clock.systemUTC(),
        FAST);
  }
}
