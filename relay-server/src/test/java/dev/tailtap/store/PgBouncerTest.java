package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.PgBouncer;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A PgBouncer in transaction mode in between, where no session is the relay's own. */
@ExtendWith(TestServer.class)
final class PgBouncerTest {
  private static final Backoff FAST =
      new Backoff(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(50));

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private TestDatabase database;
  private PgBouncer bouncer;
  private TestDatabase through;

  @BeforeEach
  void start(TestDatabase own) throws Exception {
    assumeTrue(PgBouncer.installed(), "skipped: pgbouncer missing");
    database = own;
    bouncer = new PgBouncer(dir, own.url(), own.user(), own.password());
    through = new TestDatabase(bouncer.through(own.url()), own.user(), own.password());
  }

  @AfterEach
  void stop() {
    if (bouncer != null) {
      bouncer.close();
    }
  }

  @Test
  void writesEachBatchAtTheFirstTryAndAnswersQuestionsMeanwhile() throws Exception {
    try (UsageStore store = open("journal");
        UsageStore other = open("other")) {
      for (int round = 0; round < 40; round++) {
        Records.offer(store, Records.many(round * 20, 20));
        Records.offer(other, Records.many(10_000 + round * 20, 20));
        assertTrue(
            store
                    .queries()
                    .stats(StatsFilter.span(null, null, GroupBy.MODEL))
                    .totals()
                    .totals()
                    .calls()
                >= 0);
        assertTrue(store.queries().records(RecordFilter.latest(5, null)).records().size() <= 5);
      }
      assertTrue(store.drain(Patience.TIME));
      assertTrue(other.drain(Patience.TIME));
      assertEquals(
          1_600,
          store
              .queries()
              .stats(StatsFilter.span(null, null, GroupBy.HOUR))
              .totals()
              .totals()
              .calls());
      assertEquals(7, store.queries().records(RecordFilter.latest(7, null)).records().size());
    }
    assertEquals("1600", database.ask("select count(*) from usage_record"));
    for (FailureKind kind : FailureKind.values()) {
      assertEquals(0, stats.value(Metric.DB_ERRORS, kind.label()), kind.label());
    }
  }

  @Test
  void leavesNothingBehindInASessionThatIsNextSomebodyElses() throws Exception {
    try (UsageStore store = open("journal")) {
      Records.offer(store, Records.many(0, 20));
      assertTrue(store.drain(Patience.TIME));
      assertEquals(
          20,
          store
              .queries()
              .stats(StatsFilter.span(null, null, GroupBy.DAY))
              .totals()
              .totals()
              .calls());
      for (int session = 0; session < 10; session++) {
        for (String setting :
            List.of("default_transaction_isolation", "statement_timeout", "lock_timeout")) {
          assertEquals(database.ask("show " + setting), through.ask("show " + setting), setting);
        }
      }
    }
  }

  @Test
  void oneConnectionIsEnoughForAllThatARelayDoes() throws Exception {
    all(through);
  }

  /** Also without one in between. */
  @Test
  void oneConnectionIsEnoughToTheServerItself() throws Exception {
    all(database);
  }

  /** Rows and sums, questions, an adopted journal, retention, days, the doctor, an invoice. */
  private void all(TestDatabase by) throws Exception {
    HandClocks clocks = new HandClocks();
    StoreConfig usual = by.config(10, 10_000);
    StoreConfig config =
        new StoreConfig(
            usual.url(),
            usual.user(),
            usual.password(),
            1,
            10,
            Duration.ZERO,
            null,
            10_000,
            2,
            2,
            100,
            "relay-1");
    for (int day = 0; day < 6; day++) {
      try (UsageStore store =
          UsageStore.open(
              config,
              Records.sharedJournal(dir.resolve("journal")),
              EmbeddedDatabase::start,
              stats,
              clocks.clocks(),
              FAST)) {
        List<UsageRecord> rows = new ArrayList<>();
        for (int number = 0; number < 40; number++) {
          rows.add(Records.at(day * 100 + number, clocks.instant()));
        }
        Records.offer(store, rows);
        for (GroupBy kind : GroupBy.values()) {
          assertTrue(
              store.queries().stats(StatsFilter.span(null, null, kind)).totals().totals().calls()
                  >= 0);
        }
        assertTrue(store.drain(Patience.TIME));
        Records.await("a look for others", () -> store.looksForOthers() > 0);
        clocks.pass(Duration.ofHours(12));
        Records.offer(store, List.of(Records.at(day * 100 + 99, clocks.instant())));
        assertTrue(store.drain(Patience.TIME));
      }
      clocks.pass(Duration.ofHours(12));
    }
    try (Connection connection = by.connect()) {
      assertFalse(new DayRollup(() -> 0).look(connection));
      Partitions trimming = new Partitions(clocks.clocks(), 2, 2, () -> true);
      for (int hour = 0; hour < 3; hour++) {
        trimming.ensure(connection);
        clocks.pass(Duration.ofMinutes(61));
      }
      new DayRollup(() -> 0).look(connection);
    }
    assertEquals(
        database.ask("select count(*) from usage_record where started_at >= '2026-03-05'"),
        database.ask("select sum(calls) from usage_hour where hour >= '2026-03-05'"));
    assertEquals(
        "0", database.ask("select count(*) from usage_hour_shard where hour < '2026-03-04'"));
    assertEquals("0", database.ask("select count(*) from usage_day where day < '2026-03-04'"));
    try (StoreInspection doctor = new StoreInspection(by.address());
        Invoices invoices = new Invoices(by.address())) {
      assertTrue(doctor.queries().groups(Instant.EPOCH).size() > 0);
      assertTrue(invoices.computed(YearMonth.of(2026, 3), null).lines().size() > 0);
    }
    for (FailureKind kind : FailureKind.values()) {
      assertEquals(0, stats.value(Metric.DB_ERRORS, kind.label()), kind.label());
    }
    assertEquals("relay-1", database.ask("select distinct instance from tailtap_relay"));
  }

  private UsageStore open(String journal) {
    return UsageStore.open(
        through.config(100, 10_000),
        Records.journal(dir.resolve(journal)),
        EmbeddedDatabase::start,
        stats,
        Clock.systemUTC(),
        FAST);
  }
}
