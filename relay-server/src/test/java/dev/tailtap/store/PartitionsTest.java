package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestServer.class)
final class PartitionsTest {
  private static final String PARTITIONS =
      "select string_agg(inhrelid::regclass::text, ' ' order by inhrelid::regclass::text) from pg_inherits where inhparent = 'usage_record'::regclass";

  private final HandClock clock = new HandClock();
  private final Partitions partitions = new Partitions(clock, 0, () -> true);

  @Test
  void makesAWeekAheadAndRowsGoThere(TestDatabase database) throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      partitions.ensure(connection);
      UsageInsert.write(connection, Records.many(0, 5));
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
      UsageInsert.write(connection, Records.many(0, 5));
      partitions.ensure(connection);
      UsageInsert.write(connection, Records.many(5, 5));
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
      clock.now = clock.now.plus(Duration.ofMinutes(61));
      assertTrue(partitions.due());
      partitions.ensure(connection);
      assertFalse(partitions.due());
      clock.now = clock.now.minus(Duration.ofDays(2));
      assertTrue(partitions.due());
    }
  }

  @Test
  void dropsDaysThatAreOverOnlyWhereToldTo(TestDatabase database) throws Exception {
    boolean[] settled = {false};
    Partitions keeping = new Partitions(clock, 2, () -> settled[0]);
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      partitions.ensure(connection);
      UsageInsert.write(connection, Records.many(0, 5));
      clock.now = clock.now.plus(Duration.ofDays(3));
      partitions.ensure(connection);
      keeping.ensure(connection);
      assertEquals("5", database.ask("select count(*) from usage_record"));
      settled[0] = true;
      keeping.ensure(connection);
    }
    assertEquals("0", database.ask("select count(*) from usage_record"));
    assertEquals("5", database.ask("select sum(calls) from usage_hour"));
    assertTrue(database.ask(PARTITIONS).startsWith("usage_record_default usage_record_p20260302"));
  }

  private static final class HandClock extends Clock {
    private Instant now = Records.START;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
