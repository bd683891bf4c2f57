package dev.tailtap.store;

import dev.tailtap.config.StoreConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A database of one test's own, in the server that all tests share. */
public record TestDatabase(String url, String user, String password) {
  public StoreConfig config(int batchRows, int queueRows) {
    return config(batchRows, queueRows, Duration.ofMillis(20));
  }

  public StoreConfig config(int batchRows, int queueRows, Duration batchWait) {
    return new StoreConfig(
        url, user, password, 2, batchRows, batchWait, null, queueRows, 0, 0, 10_000, "");
  }

  DatabaseAddress address() {
    return new DatabaseAddress(url, user, password);
  }

  /** A connection with auto-commit off, as the pool gives it. */
  public Connection connect() throws SQLException {
    Connection connection = address().connect();
    connection.setAutoCommit(false);
    return connection;
  }

  public void execute(String sql) throws SQLException {
    try (Connection connection = address().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first value of the first row, as text. */
  public String ask(String sql) throws SQLException {
    try (Connection connection = address().connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
