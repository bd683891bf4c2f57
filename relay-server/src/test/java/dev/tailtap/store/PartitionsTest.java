package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.stats.Stats;
import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestServer.class)
final class PartitionsTest {
  private static final String PARTITIONS =
      "select string_agg(inhrelid::regclass::text, ' ' order by inhrelid::regclass::text) from pg_inherits where inhparent = 'usage_record'::regclass";

  private final HandClocks clock = new HandClocks();
  private final Partitions partitions = new Partitions(clock.clocks(), 0, 0, () -> true);
  private final UsageInsert insert = new UsageInsert(10_000, 0, new Stats());

  @Test
  void makesAWeekAheadAndRowsGoThere(TestDatabase database) throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      partitions.ensure(connection);
      insert.write(connection, Records.many(0, 5));
    }
    assertEquals(
        "usage_record_default usage_record_p20260301 usage_record_p20260302 usage_record_p20260303 "
            + "usage_record_p20260304 usage_record_p20260305 usage_record_p20260306 "
            + "usage_record_p20260307 usage_record_p20260308",
        database.ask(PARTITIONS));
    assertEquals("5", database.ask("select count(*) from usage_record_p20260301"));
  }

  @Test
  void leavesADayWhoseRowsLieInTheDefaultPartition(TestDatabase database) throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      insert.write(connection, Records.many(0, 5));
      partitions.ensure(connection);
      insert.write(connection, Records.many(5, 5));
    }
    assertEquals("10", database.ask("select count(*) from usage_record_default"));
    assertTrue(database.ask(PARTITIONS).startsWith("usage_record_default usage_record_p20260302"));
  }

  @Test
  void looksAgainEveryHourAndAfterTheClockWasSetBack(TestDatabase database) throws Exception {
    assertTrue(partitions.due());
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      partitions.ensure(connection);
      assertFalse(partitions.due());
      clock.pass(Duration.ofMinutes(61));
      assertTrue(partitions.due());
      partitions.ensure(connection);
      assertFalse(partitions.due());
      clock.set(Duration.ofDays(-2));
      assertTrue(partitions.due());
    }
  }

  @Test
  void sumsPastDaysSoonAfterTheStartWhichWaitsForNone(TestDatabase database) throws Exception {
    String done =
        "select coalesce(string_agg(day::date::text, ' '), '') from usage_rollup where done";
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      insert.write(connection, Records.many(0, 5));
      partitions.ensure(connection);
      assertEquals("", database.ask(done));
      clock.pass(Duration.ofSeconds(5));
      assertTrue(partitions.due());
      partitions.ensure(connection);
      assertEquals("2026-03-01", database.ask(done));
      assertEquals("5", database.ask("select sum(calls) from usage_day"));
      clock.pass(Duration.ofSeconds(5));
      assertFalse(partitions.due());
    }
  }
}
