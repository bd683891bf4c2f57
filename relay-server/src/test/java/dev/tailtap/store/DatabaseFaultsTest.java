package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.rig.FrailNetwork;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a database and the way to it can do to a batch, while calls go on. */
@Lengthy
@ExtendWith(TestServer.class)
final class DatabaseFaultsTest {
  private static final Backoff FAST =
      new Backoff(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(50));

  private static final Clock CLOCK = Clock.fixed(Records.START.plusSeconds(60), ZoneOffset.UTC);

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private TestDatabase database;
  private FrailNetwork network;
  private UsageStore store;

  @BeforeEach
  void start(TestDatabase own) throws Exception {
    database = own;
    network = new FrailNetwork(own.url());
    store = open(stats, dir);
  }

  @AfterEach
  void stop() throws Exception {
    store.close();
    network.close();
  }

  @Test
  void writesABatchOnceWhoseCommitWasNeverAnswered() throws Exception {
    for (int round = 0; round < 3; round++) {
      network.steal(1);
      Records.offer(store, Records.many(round * 100, 100));
      committed((round + 1) * 100);
    }
    assertEquals(3, network.stolen());
    assertTrue(stats.value(Metric.RECORDS, "duplicate") > 0);
  }

  @Test
  void comesBackFromADatabaseThatHangs() throws Exception {
    Records.offer(store, Records.many(0, 10));
    committed(10);
    network.stall(true);
    long before = Records.failures(stats);
    Records.offer(store, Records.many(10, 50));
    Records.await("the time-out", () -> Records.failures(stats) > before);
    assertTrue(store.admitting(), "a database that hangs is no reason to admit nobody");
    network.stall(false);
    committed(60);
  }

  @Test
  void comesBackWhenItsConnectionsAreKilled() throws Exception {
    for (int round = 0; round < 5; round++) {
      Records.offer(store, Records.many(round * 40, 40));
      database.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
    }
    committed(200);
  }

  @Test
  void waitsForALockedTable() throws Exception {
    try (Connection locker = database.connect();
        Statement lock = locker.createStatement()) {
      Records.offer(store, Records.many(0, 1));
      committed(1);
      lock.execute("lock table usage_record in access exclusive mode");
      Records.offer(store, Records.many(1, 20));
      Records.await("the refusal", () -> stats.value(Metric.DB_ERRORS, "transient") > 0);
      locker.rollback();
    }
    committed(21);
  }

  @Test
  void waitsWhileTheDatabaseIsReadOnly() throws Exception {
    String name = database.ask("select current_database()");
    TestDatabase elsewhere =
        new TestDatabase(
            database.url().replaceFirst("[^/]+$", "postgres"),
            database.user(),
            database.password());
    elsewhere.execute("alter database " + name + " set default_transaction_read_only = on");
    elsewhere.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
    long before = Records.failures(stats);
    Records.offer(store, Records.many(0, 20));
    Records.await("the refusal", () -> Records.failures(stats) > before);
    elsewhere.execute("alter database " + name + " set default_transaction_read_only = off");
    committed(20);
  }

  @Test
  void sharesADatabaseWithAnotherRelayThatReplaysTheSame() throws Exception {
    try (UsageStore other = open(new Stats(), dir.resolve("other"))) {
      for (int round = 0; round < 10; round++) {
        Records.offer(store, Records.many(round * 50, 50));
        Records.offer(other, Records.many(round * 50, 50));
      }
      assertTrue(other.drain(Patience.TIME));
    }
    committed(500);
  }

  private UsageStore open(Stats counts, Path journal) {
    String url = network.through(database.url());
    TestDatabase through =
        new TestDatabase(
            url + "?socketTimeout=7&prepareThreshold=0", database.user(), database.password());
    return UsageStore.open(
        through.config(100, 10_000),
        Records.journal(journal),
        EmbeddedDatabase::start,
        counts,
        CLOCK,
        FAST);
  }

  /** So many rows, each once, and the sums agree. */
  private void committed(int rows) throws Exception {
    assertTrue(store.drain(Patience.TIME), "still pending: " + store.pending());
    String expected = Integer.toString(rows);
    assertEquals(expected, database.ask("select count(*) from usage_record"));
    assertEquals(expected, database.ask("select count(distinct id) from usage_record"));
    assertEquals(expected, database.ask("select sum(calls) from usage_hour"));
    assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
  }
}
