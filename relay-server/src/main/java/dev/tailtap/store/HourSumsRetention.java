package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Deletes hourly sums of days that are over, where the operator wants it: some thousand rows in a
 * transaction, two days and two seconds at a look. The writer's thread.
 */
final class HourSumsRetention {
  private static final Logger LOG = LoggerFactory.getLogger(HourSumsRetention.class);
  private static final int AT_ONCE = 2_000;
  private static final Duration LONGEST = Duration.ofSeconds(2);
  private static final Duration MOST = Duration.ofDays(2);
  private static final String DELETE =
      "delete from usage_hour where ctid = any (array(select ctid from usage_hour where hour < ? order by hour limit "
          + AT_ONCE
          + "))";

  private final int days;
  private final LongSupplier nanos;
  private final RetentionClock time;

  /**
   * Prepares it.
   *
   * @param days days whose sums are kept, today not counted; 0: all
   */
  HourSumsRetention(int days, LongSupplier nanos, RetentionClock time) {
    this.days = days;
    this.nanos = nanos;
    this.time = time;
  }

  /** Deletes what is due. */
  void trim(Connection connection, Instant machineTime) throws SQLException {
    if (days == 0) {
      return;
    }
    Instant oldest = oldest(connection);
    if (oldest == null || !oldest.isBefore(end(machineTime))) {
      return;
    }
    Instant now = time.now(connection);
    if (now != null && oldest.isBefore(end(now))) {
      trim(connection, oldest, end(now));
    }
  }

  private void trim(Connection connection, Instant oldest, Instant end) throws SQLException {
    Instant most = oldest.plus(MOST);
    Instant before = most.isBefore(end) ? most : end;
    long start = nanos.getAsLong();
    int deleted = 0;
    int last = AT_ONCE;
    while (last == AT_ONCE && nanos.getAsLong() - start < LONGEST.toNanos()) {
      last = delete(connection, before);
      deleted += last;
    }
    boolean more = last == AT_ONCE || before.isBefore(end);
    LOG.atLevel(more ? Level.WARN : Level.INFO)
        .log(
            "event=sums_trimmed rows={} before={} sums_days={} more_due={}",
            deleted,
            before,
            days,
            more);
  }

  private static int delete(Connection connection, Instant before) throws SQLException {
    UsageInsert.limitTimes(connection);
    int deleted;
    try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
      delete.setObject(1, before.atOffset(ZoneOffset.UTC));
      deleted = delete.executeUpdate();
    }
    connection.commit();
    return deleted;
  }

  private static Instant oldest(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("select min(hour) from usage_hour")) {
      found.next();
      OffsetDateTime hour = found.getObject(1, OffsetDateTime.class);
      return hour == null ? null : hour.toInstant();
    } finally {
      connection.rollback();
    }
  }

  private Instant end(Instant now) {
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(days);
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
