package dev.tailtap.store;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Where a row goes that the database refuses for what it holds. The payload is a line in COPY's
 * text format, so that a mended row can be loaded with {@code COPY usage_record FROM}. The writer's
 * thread.
 */
final class DeadLetters {
  private static final String SQL =
      """
      insert into usage_dead_letter (id, started_at, payload, sqlstate, reason)
      values (?, 'epoch'::timestamptz + ? * interval '1 microsecond', ?, ?, ?)
      on conflict do nothing
      """;

  private DeadLetters() {}

  /** Files one record, in a transaction of its own. */
  static void file(Connection connection, UsageRecord record, Throwable reason)
      throws SQLException {
    UsageInsert.limitTimes(connection);
    try (PreparedStatement insert = connection.prepareStatement(SQL)) {
      insert.setObject(1, record.id());
      insert.setLong(2, Micros.of(record.startedAt()));
      insert.setBytes(3, line(record).getBytes(StandardCharsets.UTF_8));
      insert.setString(4, reason instanceof SQLException sql ? FailureKind.stateOf(sql) : null);
      insert.setString(5, CleanText.of(FailureKind.reasonOf(reason)));
      insert.executeUpdate();
    }
    connection.commit();
  }

  private static String line(UsageRecord record) {
    StringBuilder line = new StringBuilder();
    RowCopy.append(record, DeadLetters::readable, line);
    return line.toString();
  }

  /** A field that cannot even be made is left out. */
  private static Object readable(Column column, UsageRecord record) {
    try {
      return column.of(record);
    } catch (RuntimeException unreadable) {
      return null;
    }
  }
}
