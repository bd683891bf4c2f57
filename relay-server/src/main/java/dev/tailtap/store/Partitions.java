package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition per UTC day, made from today to a week ahead. A day whose rows already lie in the
 * default partition stays there: nothing is moved and nothing is lost. The writer's thread.
 */
final class Partitions {
  private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);
  private static final int DAYS_AHEAD = 7;
  private static final Duration INTERVAL = Duration.ofHours(1);
  private static final Duration RETRY = Duration.ofMinutes(1);
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("'usage_record_p'uuuuMMdd");

  private final Clock clock;
  private final Set<LocalDate> leftInDefault = new HashSet<>();
  private Instant due = Instant.MIN;

  Partitions(Clock clock) {
    this.clock = clock;
  }

  boolean due() {
    // A clock that was set back must not put the next look off for long.
    Instant now = clock.instant();
    return !now.isBefore(due) || now.isBefore(due.minus(INTERVAL));
  }

  /**
   * Makes what is missing and looks again in an hour; where that fails, the default partition takes
   * the rows and the next look is in a minute.
   */
  void ensure(Connection connection) throws SQLException {
    try {
      createMissing(connection);
      due = clock.instant().plus(INTERVAL);
    } catch (SQLException failure) {
      connection.rollback();
      due = clock.instant().plus(RETRY);
      LOG.warn("event=partitions_not_made reason=\"{}\"", Trouble.reasonOf(failure));
    }
  }

  private void createMissing(Connection connection) throws SQLException {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    for (int ahead = 0; ahead <= DAYS_AHEAD; ahead++) {
      LocalDate day = today.plusDays(ahead);
      if (!leftInDefault.contains(day) && !exists(connection, day)) {
        create(connection, day);
      }
    }
    leftInDefault.removeIf(day -> day.isBefore(today));
  }

  private static boolean exists(Connection connection, LocalDate day) throws SQLException {
    try (PreparedStatement look =
        connection.prepareStatement("select to_regclass(?) is not null")) {
      look.setString(1, NAME.format(day));
      try (ResultSet found = look.executeQuery()) {
        found.next();
        return found.getBoolean(1);
      }
    } finally {
      connection.rollback();
    }
  }

  private void create(Connection connection, LocalDate day) throws SQLException {
    UsageInsert.limitTimes(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(" + Schema.LOCK + ")");
      statement.execute(
          "create table if not exists %s partition of usage_record for values from ('%sT00:00:00Z') to ('%sT00:00:00Z')"
              .formatted(NAME.format(day), day, day.plusDays(1)));
      connection.commit();
    } catch (SQLException failure) {
      connection.rollback();
      if (!"23514".equals(failure.getSQLState())) {
        throw failure;
      }
      leftInDefault.add(day);
      LOG.warn("event=partition_left_in_default day={}", day);
    }
  }
}
