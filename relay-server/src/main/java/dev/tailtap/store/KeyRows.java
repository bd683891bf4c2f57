package dev.tailtap.store;

import dev.tailtap.keys.KeyEntry;
import dev.tailtap.keys.KeySource;
import java.io.IOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table {@code tailtap_key}. The database is asked whether anything has changed by one number
 * over all its rows, so that no row is missed that was committed late, or deleted; rows are sent
 * only if it has. Each question has a connection of its own. One thread.
 */
final class KeyRows implements KeySource {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRows.class);

  private static final String SUM =
      "select count(*) || ' ' || coalesce(sum(hashtextextended(id || ' ' || extract(epoch from changed_at), 0)::numeric), 0)"
          + " from tailtap_key";
  private static final String SELECT =
      "select id, hash, tenant, name, routes, models, upstreams, \"limit\", expires, disabled,"
          + " array(select array[key, value] from jsonb_each_text(tags) order by key) from"
          + " tailtap_key order by id";

  private final Database database;
  private String sum = ""; // of the rows as they were sent last

  KeyRows(Database database) {
    this.database = database;
  }

  @Override
  public List<KeyEntry> changed() throws IOException {
    try (Connection connection = database.connectToRead()) {
      try (Statement statement = connection.createStatement()) {
        // For this transaction alone: behind a PgBouncer the session is somebody else's next.
        statement.execute("set transaction isolation level repeatable read");
        String now = text(statement, SUM);
        if (now.equals(sum)) {
          return null;
        }
        List<KeyEntry> entries = all(statement);
        sum = now;
        return entries;
      }
    } catch (SQLException failure) {
      throw new IOException(FailureKind.reasonOf(failure), failure);
    }
  }

  private static String text(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** All keys, by their ids. */
  static List<KeyEntry> all(Statement statement) throws SQLException {
    List<KeyEntry> entries = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(SELECT)) {
      while (rows.next()) {
        entries.add(entry(rows));
      }
    }
    return entries;
  }

  /** What somebody has written that means nothing lets nobody in. */
  private static KeyEntry entry(ResultSet row) throws SQLException {
    String id = row.getString(1);
    String hash = row.getString(2);
    try {
      Timestamp expires = row.getTimestamp(9);
      return new KeyEntry(
          id,
          hash,
          row.getString(3),
          row.getString(4),
          texts(row.getArray(5)),
          texts(row.getArray(6)),
          texts(row.getArray(7)),
          row.getString(8),
          expires == null ? null : expires.toInstant(),
          row.getBoolean(10),
          tags(row.getArray(11)));
    } catch (IllegalArgumentException mistake) {
      LOG.warn("event=key_disabled id={} reason=\"{}\"", id, mistake.getMessage());
      return new KeyEntry(
          id, hash, "unknown", "", List.of(), List.of(), List.of(), null, null, true, Map.of());
    }
  }

  private static List<String> texts(Array array) throws SQLException {
    List<String> texts = new ArrayList<>();
    for (String text : (String[]) array.getArray()) {
      if (text == null) {
        throw new IllegalArgumentException("a list has a null");
      }
      texts.add(text);
    }
    return texts;
  }

  private static Map<String, String> tags(Array pairs) throws SQLException {
    Map<String, String> tags = new LinkedHashMap<>();
    if (pairs != null && pairs.getArray() instanceof String[][] named) {
      for (String[] pair : named) {
        tags.put(pair[0], pair[1] == null ? "" : pair[1]);
      }
    }
    return tags;
  }
}
