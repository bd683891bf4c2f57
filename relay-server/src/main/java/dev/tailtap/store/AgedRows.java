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
 * Deletes the rows of a table, and not of its children, that are too old: some thousand in a
 * transaction, two days and two seconds at a look. The writer's thread.
 */
final class AgedRows {
  private static final Logger LOG = LoggerFactory.getLogger(AgedRows.class);
  private static final int AT_ONCE = 2_000;
  private static final Duration LONGEST = Duration.ofSeconds(2);
  private static final Duration MOST = Duration.ofDays(2);
  private static final String DELETE =
      "delete from only TABLE where ctid = any (array(select ctid from only TABLE where TIME < ? order by TIME limit "
          + AT_ONCE
          + "))";
  private static final String OLDEST = "select min(TIME) from only TABLE";

  private final String what;
  private final String delete;
  private final String oldest;
  private final int days;
  private final LongSupplier nanos;
  private final RetentionClock time;

  /**
   * Prepares it.
   *
   * @param what they are, for the log
   * @param column by which their age is told
   * @param days days whose rows are kept, today not counted; 0: all
   */
  AgedRows(
      String what, String table, String column, int days, LongSupplier nanos, RetentionClock time) {
    this.what = what;
    this.delete = DELETE.replace("TABLE", table).replace("TIME", column);
    this.oldest = OLDEST.replace("TABLE", table).replace("TIME", column);
    this.days = days;
    this.nanos = nanos;
    this.time = time;
  }

  /** Deletes what is due. */
  void trim(Connection connection, Instant machineTime) throws SQLException {
    if (days == 0) {
      return;
    }
    Instant first = oldest(connection);
    if (first == null || !first.isBefore(end(machineTime))) {
      return;
    }
    Instant now = time.now(connection);
    if (now != null && first.isBefore(end(now))) {
      trim(connection, first, end(now));
    }
  }

  private void trim(Connection connection, Instant first, Instant end) throws SQLException {
    Instant most = first.plus(MOST);
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
            "event={}_trimmed rows={} before={} {}_days={} more_due={}",
            what,
            deleted,
            before,
            what,
            days,
            more);
  }

  private int delete(Connection connection, Instant before) throws SQLException {
    UsageInsert.limitTimes(connection);
    int deleted;
    try (PreparedStatement statement = connection.prepareStatement(delete)) {
      statement.setObject(1, before.atOffset(ZoneOffset.UTC));
      deleted = statement.executeUpdate();
    }
    connection.commit();
    return deleted;
  }

  private Instant oldest(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(oldest)) {
      found.next();
      OffsetDateTime first = found.getObject(1, OffsetDateTime.class);
      return first == null ? null : first.toInstant();
    } finally {
      connection.rollback();
    }
  }

  private Instant end(Instant now) {
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(days);
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
