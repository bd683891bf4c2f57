package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What the admin port and the doctor ask the database. The calls block. Each has a connection of
 * its own, so that readers never take one from the writer, and learn within two seconds that the
 * database is away.
 */
public final class UsageQueries implements UsageReads {
  private static final int MOST_GROUPS = 1_000;
  private static final String GROUPS =
      """
      select coalesce(upstream, ''), coalesce(request_model, response_model, ''), coalesce(dialect, ''),
        coalesce(usage_state, ''), coalesce(outcome, ''), coalesce(http_status, 0), coalesce(error, ''),
        coalesce(usage_note, ''), response_id is not null or response_model is not null, count(*)
      from %s group by 1, 2, 3, 4, 5, 6, 7, 8, 9
      order by 10 desc, 1, 2, 3, 4, 5, 6, 7, 8 limit\s"""
          + MOST_GROUPS;
  private static final String SINCE = "usage_record where started_at >= ?";
  private static final String NEWEST =
      "(select * from " + SINCE + " order by started_at desc limit %d) newest";
  private static final String FIRST_EVENTS =
      """
      select count(first_event_ms), percentile_disc(0.5) within group (order by first_event_ms),
        percentile_disc(0.95) within group (order by first_event_ms) from\s""";

  private static final String ALL =
      Arrays.stream(Column.values()).map(Column::label).collect(Collectors.joining(", "));
  private static final Duration AROUND = Duration.ofMinutes(1);

  private final Database database;

  UsageQueries(Database database) {
    this.database = database;
  }

  @Override
  public UsageStats stats(StatsFilter filter) throws DatabaseAwayException {
    return ask(connection -> StatsQuery.ask(connection, filter));
  }

  @Override
  public List<StoredRecord> record(UUID id) throws DatabaseAwayException {
    String sql = "select " + ALL + " from usage_record where id = '" + id + "'";
    // An id tells when it was made, which is when its call began unless a clock was wrong.
    Instant made = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    String near =
        " and started_at between '%s'::timestamptz and '%s'::timestamptz"
            .formatted(made.minus(AROUND), made.plus(AROUND));
    return ask(
        connection -> {
          List<StoredRecord> found =
              id.version() == 7 ? records(connection, sql + near, List.of()) : List.of();
          return found.isEmpty() ? records(connection, sql, List.of()) : found;
        });
  }

  @Override
  public RecordPage records(RecordFilter filter) throws DatabaseAwayException {
    return ask(
        connection ->
            new RecordSearch(Clock.systemUTC(), System::nanoTime)
                .find(connection, filter, (span, most) -> records(connection, span, most)));
  }

  private static List<StoredRecord> records(Connection connection, RecordFilter filter, int most)
      throws SQLException {
    String sql =
        "select %s from usage_record%s order by started_at desc, id desc limit %d"
            .formatted(ALL, filter.where(), most);
    return records(connection, sql, filter.values());
  }

  private static List<StoredRecord> records(Connection connection, String sql, List<String> values)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        select.setString(i + 1, values.get(i));
      }
      try (ResultSet rows = select.executeQuery()) {
        List<StoredRecord> records = new ArrayList<>();
        while (rows.next()) {
          records.add(record(rows));
        }
        return records;
      }
    }
  }

  /**
   * The calls that began since then, counted by what says why their usage is there or not; the
   * largest groups first, 1,000 at most. Empty where no relay has made its tables yet.
   */
  public List<CallGroup> groups(Instant since) throws DatabaseAwayException {
    return groups(SINCE, since);
  }

  @Override
  public List<CallGroup> newestGroups(Instant since, int most) throws DatabaseAwayException {
    return groups(NEWEST.formatted(most), since);
  }

  @Override
  public FirstEvents firstEvents(Instant since, int most) throws DatabaseAwayException {
    return ask(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(FIRST_EVENTS + NEWEST.formatted(most))) {
            select.setTimestamp(1, Timestamp.from(since));
            try (ResultSet row = select.executeQuery()) {
              row.next();
              return new FirstEvents(
                  row.getLong(1), row.getObject(2, Long.class), row.getObject(3, Long.class));
            }
          }
        });
  }

  private List<CallGroup> groups(String rowsSince, Instant since) throws DatabaseAwayException {
    return ask(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(GROUPS.formatted(rowsSince))) {
            select.setTimestamp(1, Timestamp.from(since));
            try (ResultSet rows = select.executeQuery()) {
              List<CallGroup> groups = new ArrayList<>();
              while (rows.next()) {
                groups.add(group(rows));
              }
              return groups;
            }
          } catch (SQLException failure) {
            if ("42P01".equals(failure.getSQLState())) {
              return List.of();
            }
            throw failure;
          }
        });
  }

  private interface Question<T> {
    T ask(Connection connection) throws SQLException;
  }

  private <T> T ask(Question<T> question) throws DatabaseAwayException {
    try (Connection connection = database.connectToRead()) {
      try {
        connection.setReadOnly(true);
        beginSnapshot(connection);
        return question.ask(connection);
      } finally {
        connection.rollback();
      }
    } catch (SQLException failure) {
      throw new DatabaseAwayException(failure);
    }
  }

  /**
   * For this transaction alone: behind a PgBouncer the session belongs to somebody else afterwards.
   * The times are shorter than the socket's, so that the server gives up first and says why.
   */
  private static void beginSnapshot(Connection connection) throws SQLException {
    try (Statement set = connection.createStatement()) {
      set.execute("set transaction isolation level repeatable read");
      set.execute("set local statement_timeout = '10s'");
      set.execute("set local lock_timeout = '2s'");
    }
  }

  private static CallGroup group(ResultSet row) throws SQLException {
    return new CallGroup(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getInt(6),
        row.getString(7),
        row.getString(8),
        row.getBoolean(9),
        row.getLong(10));
  }

  private static StoredRecord record(ResultSet row) throws SQLException {
    Map<String, Object> columns = new LinkedHashMap<>();
    for (Column column : Column.values()) {
      columns.put(column.label(), column.read(row));
    }
    return new StoredRecord(Collections.unmodifiableMap(columns));
  }
}
