package dev.tailtap.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.UsageRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows on their way into {@code usage_record} by COPY, in its text format: the server reads each
 * field by the column's own type, and writes many rows to a page at once. All of them or none; a
 * row that is there already is an error. One thread.
 */
final class RowCopy {
  private static final int CHUNK = 64 * 1024;
  private static final String SQL =
      Arrays.stream(Column.values())
          .map(Column::label)
          .collect(Collectors.joining(", ", "copy usage_record (", ") from stdin"));

  private final StringBuilder text = new StringBuilder(CHUNK + CHUNK / 2);

  /**
   * Writes the rows in the transaction that is under way.
   *
   * @return how many are there now: a trigger of somebody else's may have left some out
   */
  long write(Connection connection, List<UsageRecord> rows) throws SQLException {
    CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(SQL);
    try {
      text.setLength(0);
      for (UsageRecord row : rows) {
        append(row, Column::of, text);
        if (text.length() >= CHUNK) {
          send(copy);
        }
      }
      send(copy);
      return copy.endCopy();
    } catch (SQLException | RuntimeException failure) {
      cancel(copy, failure);
      throw failure;
    }
  }

  private static void cancel(CopyIn copy, Exception failure) {
    try {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    } catch (SQLException also) {
      failure.addSuppressed(also);
    }
  }

  private void send(CopyIn copy) throws SQLException {
    byte[] bytes = text.toString().getBytes(UTF_8);
    copy.writeToCopy(bytes, 0, bytes.length);
    text.setLength(0);
  }

  /**
   * Adds a row's line, with its end.
   *
   * @param value what a column holds of a row
   */
  static void append(
      UsageRecord row, BiFunction<Column, UsageRecord, Object> value, StringBuilder line) {
    for (Column column : Column.values()) {
      append(column, value.apply(column, row), line);
    }
    line.setCharAt(line.length() - 1, '\n');
  }

  private static void append(Column column, Object value, StringBuilder line) {
    if (value == null) {
      line.append("\\N");
    } else if (column.isTime()) {
      line.append(Micros.instant((Long) value));
    } else if (value instanceof String string) {
      appendEscaped(string, line);
    } else {
      line.append(value);
    }
    line.append('\t');
  }

  private static void appendEscaped(String string, StringBuilder line) {
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '\\' -> line.append("\\\\");
        case '\t' -> line.append("\\t");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        default -> line.append(c);
      }
    }
  }
}
