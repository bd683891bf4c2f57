package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.PgBouncer;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
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
