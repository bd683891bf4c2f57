package dev.tailtap.fault;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The row of one try.
 *
 * @param key the label of its upstream's key; null: it has none
 * @param status null: no answer came
 * @param delivered null: the relay was killed
 * @param tokens prompt and completion; null: none were told
 */
record FailoverRow(
    String id,
    String call,
    int attempt,
    String path,
    String upstream,
    String key,
    Integer status,
    String outcome,
    Boolean delivered,
    String tokens) {
  /** All rows below a path, in the order of their calls and tries. */
  static List<FailoverRow> read(String database, String path) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                select id, call, attempt, path, upstream, upstream_key, http_status, outcome,
                  delivered, prompt_tokens || ' ' || completion_tokens
                from usage_record where starts_with(path, '%s') order by path, attempt, id
                """
                    .formatted(path))) {
      List<FailoverRow> rows = new ArrayList<>();
      while (found.next()) {
        rows.add(
            new FailoverRow(
                found.getString(1),
                found.getString(2),
                found.getInt(3),
                found.getString(4),
                found.getString(5),
                found.getString(6),
                (Integer) found.getObject(7),
                found.getString(8),
                (Boolean) found.getObject(9),
                found.getString(10)));
      }
      return rows;
    }
  }
}
