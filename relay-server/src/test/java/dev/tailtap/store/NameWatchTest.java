package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.PgBouncer;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two relays of one name: the second says so, once; a hand-over is none. */
@ExtendWith(TestServer.class)
final class NameWatchTest {
  /** Held, because the JDK forgets a logger that nobody holds. */
  private static final Logger LOG = Logger.getLogger(NameWatch.class.getName());

  @TempDir private Path dir;
  private final HandClocks clocks = new HandClocks();
  private final List<String> said = new ArrayList<>();
  private final Handler ear = new Ear();
  private TestDatabase database;

  @BeforeEach
  void prepare(TestDatabase own) throws Exception {
    database = own;
    try (Connection connection = own.connect()) {
      Schema.apply(connection);
    }
    LOG.addHandler(ear);
  }

  @AfterEach
  void restore() {
    LOG.removeHandler(ear);
  }

  @Test
  void theSecondOfTwoWarnsOnceOnceBothHaveRunForAMinute() throws Exception {
    NameWatch first = watch("relay-1", "a");
    NameWatch second = watch("relay-1", "b");
    beat(database, first, second, 3);
    assertEquals(0, warnings());
    aMinutePasses();
    beat(database, first, second, 3);
    assertEquals(1, warnings());
    assertTrue(said().contains("instance=relay-1 other=a "), said());
  }

  @Test
  void passesAPgBouncerInTransactionMode() throws Exception {
    assumeTrue(PgBouncer.installed(), "skipped: pgbouncer missing");
    try (PgBouncer bouncer =
        new PgBouncer(dir, database.url(), database.user(), database.password())) {
      TestDatabase through =
          new TestDatabase(bouncer.through(database.url()), database.user(), database.password());
      NameWatch first = watch("relay-1", "a");
      NameWatch second = watch("relay-1", "b");
      beat(through, first, second, 2);
      aMinutePasses();
      beat(through, first, second, 2);
      assertEquals(1, warnings());
    }
  }

  @Test
  void processesOfOneMachineAndJournalHandOverAndAreNotTwo() throws Exception {
    NameWatch first = watch("relay-1", NameWatch.home(dir));
    NameWatch second = watch("relay-1", NameWatch.home(dir.resolve("../" + dir.getFileName())));
    beat(database, first, second, 2);
    aMinutePasses();
    beat(database, first, second, 2);
    assertEquals(0, warnings());
    assertEquals("2", database.ask("select count(*) from tailtap_relay"));
  }

  @Test
  void oneThatWasToldToStopIsSeenNoMore() throws Exception {
    NameWatch first = watch("relay-1", "a");
    NameWatch second = watch("relay-1", "b");
    beat(database, first, second, 2);
    first.leave();
    aMinutePasses();
    beat(database, first, second, 3);
    assertEquals(0, warnings());
  }

  @Test
  void otherNamesAndNoneAreNobodysConcern() throws Exception {
    NameWatch nameless = watch("", "a");
    assertFalse(nameless.due());
    NameWatch first = watch("relay-1", "a");
    NameWatch second = watch("relay-2", "b");
    beat(database, first, second, 2);
    aMinutePasses();
    beat(database, first, second, 2);
    assertEquals(0, warnings());
  }

  @Test
  void aTableThatCannotBeAskedKeepsNoRowWaiting() throws Exception {
    database.execute("drop table tailtap_relay");
    NameWatch watch = watch("relay-1", "a");
    try (Connection connection = database.connect()) {
      watch.look(connection);
      clocks.pass(Duration.ofSeconds(11));
      watch.look(connection);
      new UsageInsert(10, 0, new Stats()).write(connection, Records.many(0, 3));
    }
    assertEquals("3", database.ask("select count(*) from usage_record"));
    assertEquals(1, said().split("event=relay_name_unknown", -1).length - 1);
  }

  private NameWatch watch(String instance, String home) {
    return new NameWatch(instance, home, clocks.clocks().nanos());
  }

  /** Each as often as it is due, ten seconds apart. */
  private void beat(TestDatabase by, NameWatch first, NameWatch second, int times)
      throws Exception {
    for (int time = 0; time < times; time++) {
      for (NameWatch watch : new NameWatch[] {first, second}) {
        try (Connection connection = by.connect()) {
          if (watch.due()) {
            watch.look(connection);
            assertFalse(watch.due());
          }
        }
      }
      clocks.pass(Duration.ofSeconds(10));
    }
  }

  /** For the database, whose clock counts. */
  private void aMinutePasses() throws Exception {
    database.execute(
        "update tailtap_relay set started_at = started_at - interval '2 minutes', seen_at = seen_at - interval '2 minutes'");
  }

  private int warnings() {
    return said().split("event=relay_name_taken", -1).length - 1;
  }

  private String said() {
    return String.join("\n", said);
  }

  private final class Ear extends Handler {
    @Override
    public void publish(LogRecord line) {
      said.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
