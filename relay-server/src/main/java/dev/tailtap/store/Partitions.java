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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition per UTC day, made from today to a week ahead; where the operator wants it, old ones
 * are detached and dropped, two an hour at most and none by a clock that may be wrong. A day whose
 * rows already lie in the default partition stays there: nothing is moved and nothing is lost. The
 * writer's thread.
 */
final class Partitions {
  private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);
  private static final int DAYS_AHEAD = 7;
  private static final Duration INTERVAL = Duration.ofHours(1);
  private static final Duration RETRY = Duration.ofMinutes(1);

  /** While days are to be summed. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final int MOST_DROPPED = 2;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("'usage_record_p'uuuuMMdd");

  private static final String OLD =
      """
      select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'usage_record'::regclass and c.relname ~ '^usage_record_p[0-9]{8}$' and c.relname < ?
      order by 1
      """;

  /** Providers keep responses for 30 days, batches a little longer. */
  private static final int COUNTED_DAYS = 60;

  private final Clock clock;
  private final int retentionDays;

  /** Whether no row can come any more that was in a dropped day already. */
  private final BooleanSupplier inheritedTaken;

  private final RetentionClock time;
  private final List<AgedRows> aged;
  private final DayRollup rollup;
  private final Set<LocalDate> leftInDefault = new HashSet<>();

  /** What could not be dropped the last time, and comes after the others. */
  private final Set<String> refused = new HashSet<>();

  /** The writer's thread has looked before. */
  private boolean started;

  private Instant due = Instant.MIN;

  Partitions(Clocks clocks, int retentionDays, int sumsDays, BooleanSupplier inheritedTaken) {
    this.clock = clocks.wall();
    this.retentionDays = retentionDays;
    this.inheritedTaken = inheritedTaken;
    this.time = new RetentionClock(clocks);
    this.rollup = new DayRollup(clocks.nanos());
    this.aged =
        List.of(
            aged("sums", "usage_hour", "hour", sumsDays, clocks),
            aged("shard_sums", "usage_hour_shard", "hour", sumsDays, clocks),
            aged("price_sums", "usage_price_hour", "hour", sumsDays, clocks),
            aged("price_shard_sums", "usage_price_hour_shard", "hour", sumsDays, clocks),
            aged("day_sums", "usage_day", "day", sumsDays, clocks),
            aged("day_costs", "usage_day_cost", "day", sumsDays, clocks),
            aged("hour_totals", "usage_hour_total", "hour", sumsDays, clocks),
            aged("hour_total_costs", "usage_hour_total_cost", "hour", sumsDays, clocks),
            aged("counted", "usage_counted", "at", COUNTED_DAYS, clocks));
  }

  private AgedRows aged(String what, String table, String column, int days, Clocks clocks) {
    return new AgedRows(what, table, column, days, clocks.nanos(), time);
  }

  boolean due() {
    // A clock that was set back must not put the next look off for long.
    Instant now = clock.instant();
    return !now.isBefore(due) || now.isBefore(due.minus(INTERVAL));
  }

  /**
   * Makes what is missing, has days summed, and looks again in an hour; where that fails, the
   * default partition takes the rows and the next look is in a minute.
   */
  void ensure(Connection connection) throws SQLException {
    try {
      createMissing(connection);
      time.watch();
      if (inheritedTaken.getAsBoolean()) {
        dropOld(connection);
        for (AgedRows rows : aged) {
          rows.trim(connection, clock.instant());
        }
      }
      boolean more = !started || rollup.look(connection); // no start waits for sums
      started = true;
      due = clock.instant().plus(more ? SOON : INTERVAL);
    } catch (SQLException failure) {
      connection.rollback();
      due = clock.instant().plus(RETRY);
      LOG.warn("event=partitions_not_made reason=\"{}\"", FailureKind.reasonOf(failure));
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

  private void dropOld(Connection connection) throws SQLException {
    if (retentionDays == 0 || olderThan(connection, oldestKept(clock.instant())).isEmpty()) {
      return;
    }
    Instant now = time.now(connection);
    if (now == null) {
      return;
    }
    LocalDate oldest = oldestKept(now);
    List<String> due = olderThan(connection, oldest);
    due.sort(Comparator.comparing(refused::contains));
    int dropped = 0;
    int failed = 0;
    for (String name : due) {
      if (dropped < MOST_DROPPED && failed < MOST_DROPPED) {
        boolean gone = drop(connection, name, oldest);
        dropped += gone ? 1 : 0;
        failed += gone ? 0 : 1;
      }
    }
    if (due.size() > dropped) {
      LOG.warn(
          "event=partitions_due due={} dropped={} retention_days={}",
          due.size(),
          dropped,
          retentionDays);
    }
  }

  private LocalDate oldestKept(Instant now) {
    return LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(retentionDays);
  }

  /** One that cannot be dropped, because a view needs it for instance, must not keep the others. */
  private boolean drop(Connection connection, String name, LocalDate oldest) throws SQLException {
    try {
      dropEmptyOfLater(connection, name, oldest);
      refused.remove(name);
      LOG.info("event=partition_dropped name={} retention_days={}", name, retentionDays);
      return true;
    } catch (SQLException failure) {
      connection.rollback();
      refused.add(name);
      LOG.warn(
          "event=partition_not_dropped name={} reason=\"{}\"", name, FailureKind.reasonOf(failure));
      return false;
    }
  }

  private static void dropEmptyOfLater(Connection connection, String name, LocalDate oldest)
      throws SQLException {
    UsageInsert.limitTimes(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(" + Schema.LOCK + ")");
      statement.execute("alter table usage_record detach partition " + name);
      // Its name says what it holds, and its rows say it better.
      statement.execute(
          "do $$ begin if exists (select from %s where started_at >= '%sT00:00:00Z') then raise exception 'it holds rows of later days'; end if; end $$"
              .formatted(name, oldest));
      statement.execute("drop table " + name);
    }
    connection.commit();
  }

  private static List<String> olderThan(Connection connection, LocalDate day) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement look = connection.prepareStatement(OLD)) {
      look.setString(1, NAME.format(day));
      try (ResultSet found = look.executeQuery()) {
        while (found.next()) {
          names.add(found.getString(1));
        }
      }
    } finally {
      connection.rollback();
    }
    return names;
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
