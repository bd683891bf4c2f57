package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RamDisk;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Lengthy
@ExtendWith(TestServer.class)
final class OutageTest {
  @TempDir(factory = RamDisk.class)
  private Path cluster;

  @TempDir private Path journal;

  /** The library unpacks once a process, for whoever comes first; that must not be a test's dir. */
  @BeforeAll
  static void unpackInAPlaceThatStays(TestDatabase database) {
    assertNotNull(database);
  }

  @Test
  void losesNothingWhileTheDatabaseComesAndGoes() throws Exception {
    EmbeddedDatabase server = EmbeddedDatabase.start(cluster);
    DatabaseAddress address = server.address();
    TestDatabase database = new TestDatabase(address.url(), address.user(), address.password());
    server.close();
    Backoff fast = new Backoff(Duration.ofMillis(5), Duration.ofMillis(100), Duration.ofMillis(50));
    Stats stats = new Stats();
    try (UsageStore store =
        UsageStore.open(
            database.config(50, 10_000),
            Records.journal(journal),
            EmbeddedDatabase::start,
            stats,
            Clock.systemUTC(),
            fast)) {
      Records.await("a first failure", () -> Records.failures(stats) > 0);
      Records.offer(store, Records.many(0, 500));
      server = EmbeddedDatabase.start(cluster);
      Records.await("the first rows", () -> store.pending() == 0);
      for (int round = 1; round <= 3; round++) {
        Records.offer(store, Records.many(round * 500, 250));
        long before = Records.failures(stats);
        server.close();
        Records.offer(store, Records.many(round * 500 + 250, 250));
        Records.await("the outage", () -> Records.failures(stats) > before);
        server = EmbeddedDatabase.start(cluster);
      }
      assertTrue(store.drain(Patience.TIME));
      assertEquals("2000", database.ask("select count(*) from usage_record"));
      assertEquals("2000", database.ask("select sum(calls) from usage_hour"));
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
    } finally {
      server.close();
    }
  }
}
