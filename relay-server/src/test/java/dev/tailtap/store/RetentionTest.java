package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is deleted for its age, and by which clock: a wrong one deletes nothing. */
@ExtendWith(TestServer.class)
final class RetentionTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration HOUR = Duration.ofMinutes(61);

  @TempDir private Path dir;
  private final HandClocks clocks = new HandClocks();
  private final UsageInsert insert = new UsageInsert(10_000, 0, new Stats());
  private TestDatabase database;
  private Connection connection;

  @BeforeEach
  void prepare(TestDatabase own) throws Exception {
    database = own;
    connection = own.connect();
    Schema.apply(connection);
  }

  @AfterEach
  void disconnect() throws Exception {
    connection.close();
  }

  @Test
  void deletesNothingWhereOnlyOneOfTheClocksIsAhead() throws Exception {
    Partitions first = relay(2);
    fillDays(first, 3);
    for (Partitions relay : List.of(first, relay(2))) {
      clocks.pass(Duration.ofDays(2)); // so that it has run for long
      clocks.setDatabase(Duration.ofDays(-60));
      look(relay, 3);
      assertRows(3);
      clocks.setDatabase(Duration.ofDays(120));
      look(relay, 3);
      assertRows(3);
      clocks.setDatabase(Duration.ofDays(-60));
    }
  }

  @Test
  void deletesNothingAtAStartWithBothClocksAheadAlsoWhereRowsWereWrittenByThem() throws Exception {
    fillDays(relay(30), 3);
    clocks.set(Duration.ofDays(60));
    for (int start = 0; start < 5; start++) {
      Partitions wrong = relay(30);
      look(wrong, 2);
      write(1_000 + start, clocks.instant());
      look(wrong, 3);
      clocks.pass(Duration.ofHours(1));
    }
    assertRows(8);
    clocks.set(Duration.ofDays(-60));
    look(relay(30), 3);
    assertRows(8);
  }

  @Test
  void deletesNothingWhenTheClocksLeapUnderARelayThatHasRunForLong() throws Exception {
    Partitions relay = relay(30);
    fillDays(relay, 4);
    clocks.set(Duration.ofDays(60));
    look(relay, 20);
    assertRows(4);
    clocks.set(Duration.ofDays(-60));
    look(relay, 20);
    assertRows(4);
  }

  @Test
  void waitsADayAfterATimeWithoutRowsAndThenGoesOn() throws Exception {
    fillDays(relay(2), 3);
    clocks.pass(Duration.ofDays(10)); // the relay was off
    Partitions relay = relay(2);
    look(relay, 23);
    assertRows(3);
    look(relay, 3);
    assertRows(0);
    assertEquals("3", database.ask("select sum(calls) from usage_hour"), "sums are kept");
  }

  @Test
  void dropsADayOnceItIsOverWithoutWaitingWhereRowsLeadUpToToday() throws Exception {
    Partitions relay = relay(2);
    fillDays(relay, 3);
    assertRows(3);
    clocks.pass(DAY);
    write(3, clocks.instant());
    look(relay(2), 1);
    assertEquals(null, database.ask("select to_regclass('" + day(0) + "')"));
    assertRows(3);
  }

  @Test
  void dropsTwoDaysALookAtMost() throws Exception {
    Partitions relay = relay(0);
    fillDays(relay, 10);
    Partitions keeping = relay(2);
    look(keeping, 1);
    assertRows(8);
    look(keeping, 1);
    assertRows(6);
    look(keeping, 10);
    assertRows(3);
  }

  @Test
  void dropsNoPartitionThatHoldsLaterRowsThanItsNameSays() throws Exception {
    Partitions relay = relay(2);
    fillDays(relay, 5);
    database.execute(
        "create table usage_record_p20200101 partition of usage_record for values from ('2030-01-01') to ('2030-02-01')");
    database.execute(
        "insert into usage_record (id, started_at) values (gen_random_uuid(), '2030-01-05')");
    look(relay, 5);
    assertEquals("1", database.ask("select count(*) from usage_record_p20200101"));
    assertRows(3);
  }

  @Test
  void aDayThatCannotBeDroppedKeepsNoOther() throws Exception {
    Partitions relay = relay(0);
    fillDays(relay, 8);
    database.execute("create view kept as select * from " + day(0));
    database.execute("create view kept_too as select * from " + day(1));
    look(relay(2), 5);
    assertRows(5);
  }

  @Test
  void trimsHourlySumsUnderTheSameRules() throws Exception {
    Partitions all = new Partitions(clocks.clocks(), 0, 0, () -> true);
    fillDays(all, 10);
    clocks.set(Duration.ofDays(60));
    look(new Partitions(clocks.clocks(), 0, 3, () -> true), 5);
    assertEquals("10", database.ask("select sum(calls) from usage_hour"));
    clocks.set(Duration.ofDays(-60));
    Partitions trimming = new Partitions(clocks.clocks(), 0, 3, () -> true);
    look(trimming, 1);
    assertEquals("8", database.ask("select sum(calls) from usage_hour"));
    look(trimming, 5);
    assertEquals("4", database.ask("select sum(calls) from usage_hour"));
    assertRows(10);
  }

  @Test
  void deletesNothingWhileAJournalMayHoldRowsOfThoseDays() throws Exception {
    fillDays(relay(0), 10);
    look(new Partitions(clocks.clocks(), 2, 2, () -> false), 5);
    assertRows(10);
    assertEquals("10", database.ask("select sum(calls) from usage_hour"));
  }

  @Test
  void aWholeStoreWithAClockAheadKeepsTodaysRows() throws Exception {
    StoreConfig config = database.config(100, 1_000);
    StoreConfig dropping =
        new StoreConfig(
            config.url(),
            config.user(),
            config.password(),
            2,
            100,
            Duration.ZERO,
            null,
            1_000,
            30,
            30,
            100,
            "");
    offer(dropping, 0, 50);
    clocks.set(Duration.ofDays(60));
    offer(dropping, 100, 10);
    offer(dropping, 200, 10);
    assertRows(70);
    assertEquals("70", database.ask("select sum(calls) from usage_hour"));
  }

  private void offer(StoreConfig config, int from, int count) {
    List<UsageRecord> records = new ArrayList<>();
    for (int number = from; number < from + count; number++) {
      records.add(Records.at(number, clocks.instant()));
    }
    try (UsageStore store =
        UsageStore.open(
            config,
            Records.journal(dir),
            EmbeddedDatabase::start,
            new Stats(),
            clocks.clocks(),
            Backoff.NORMAL)) {
      Records.offer(store, records);
      assertTrue(store.drain(Patience.TIME));
    }
  }

  private Partitions relay(int retentionDays) {
    return new Partitions(clocks.clocks(), retentionDays, 0, () -> true);
  }

  /** A row a day, the last of them today, while a relay runs. */
  private void fillDays(Partitions relay, int days) throws Exception {
    for (int day = 0; day < days; day++) {
      if (day > 0) {
        clocks.pass(DAY);
      }
      look(relay, 1);
      write(day, clocks.instant());
    }
  }

  private void write(int number, Instant started) throws Exception {
    insert.write(connection, List.of(Records.at(number, started)));
  }

  /** So many hourly looks. */
  private void look(Partitions relay, int times) throws Exception {
    for (int hour = 0; hour < times; hour++) {
      relay.ensure(connection);
      clocks.pass(times > 1 ? HOUR : Duration.ZERO);
    }
  }

  private void assertRows(int count) throws Exception {
    assertEquals(
        Integer.toString(count),
        database.ask("select count(*) from usage_record where started_at < '2029-01-01'"));
  }

  private static String day(int number) {
    return "usage_record_p2026030" + (1 + number);
  }
}
