package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What time it is for whoever deletes by age: the earlier of the machine's and the database's, and
 * none at all while a clock may be wrong. Believed is a clock that the database's agrees with, and
 * that either has gone on evenly for a day of this process, or has rows of the last two days behind
 * it, without a gap of two. A clock that was just set ahead has neither. The writer's thread.
 */
final class RetentionClock {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionClock.class);
  private static final Duration APART = Duration.ofHours(1);
  private static final Duration GAP = Duration.ofDays(2);
  private static final Duration STEP = Duration.ofHours(12);
  private static final Duration STEADY = Duration.ofHours(24);

  private static final String NEWEST =
      "select max(started_at) from usage_record where started_at <= ?";

  private final Clocks clocks;
  private Instant steadySince;
  private long steadyNanos;
  private boolean leapt;
  private String lastDoubt = "";

  RetentionClock(Clocks clocks) {
    this.clocks = clocks;
    steadySince = clocks.wall().instant();
    steadyNanos = clocks.nanos().getAsLong();
  }

  /** To be called every hour or so: compares the machine's clock with the time that has passed. */
  void watch() {
    Instant now = clocks.wall().instant();
    if (apart(now, steadySince.plus(steady()))) {
      leapt = true;
      steadySince = now;
      steadyNanos = clocks.nanos().getAsLong();
    }
  }

  /** The time to count back from; null, and said once: nothing may be deleted for its age now. */
  Instant now(Connection connection) throws SQLException {
    watch();
    Instant ours = clocks.wall().instant();
    Instant theirs = clocks.database().now(connection);
    Instant now = ours.isBefore(theirs) ? ours : theirs;
    String doubt = doubt(connection, ours, theirs, now);
    if (!doubt.equals(lastDoubt) && !doubt.isEmpty()) {
      LOG.warn(
          "event=retention_waits reason=\"{}\" clock={} database_clock={}", doubt, ours, theirs);
    }
    lastDoubt = doubt;
    return doubt.isEmpty() ? now : null;
  }

  private String doubt(Connection connection, Instant ours, Instant theirs, Instant now)
      throws SQLException {
    if (apart(ours, theirs)) {
      return "the clocks of relay and database differ by more than an hour";
    }
    if (steady().compareTo(STEADY) >= 0) {
      return "";
    }
    if (leapt) {
      return "the machine's clock was set: until it has gone on evenly for 24 hours";
    }
    return rowsLeadUpTo(connection, now)
        ? ""
        : "the rows before today have a gap of days, as if the clock were wrong: until the relay has run for 24 hours";
  }

  /** Goes back in steps, from row to row, until two days are behind it. */
  private static boolean rowsLeadUpTo(Connection connection, Instant now) throws SQLException {
    Instant at = now;
    Instant bound = now;
    Instant enough = now.minus(GAP);
    try (PreparedStatement look = connection.prepareStatement(NEWEST)) {
      while (at != null && at.isAfter(enough)) {
        Instant before = newest(look, bound);
        at = before == null || before.isBefore(at.minus(GAP)) ? null : before;
        bound = at == null ? null : at.minus(STEP);
      }
    } finally {
      connection.rollback();
    }
    return at != null;
  }

  private static Instant newest(PreparedStatement look, Instant notAfter) throws SQLException {
    look.setObject(1, notAfter.atOffset(ZoneOffset.UTC));
    try (ResultSet found = look.executeQuery()) {
      found.next();
      OffsetDateTime time = found.getObject(1, OffsetDateTime.class);
      return time == null ? null : time.toInstant();
    }
  }

  private Duration steady() {
    return Duration.ofNanos(clocks.nanos().getAsLong() - steadyNanos);
  }

  private static boolean apart(Instant one, Instant other) {
    return Duration.between(one, other).abs().compareTo(APART) > 0;
  }
}
