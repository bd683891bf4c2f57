package dev.tailtap.rig;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The databases of the tests on one server. So that they do not pile up, an old one that nobody is
 * connected to goes where a new one comes. Any thread.
 */
public final class FreshDatabases {
  private static final int KEPT = 32;

  private final Queue<String> made = new ArrayDeque<>(); // oldest first
  private int number;

  /**
   * Makes a new and empty one.
   *
   * @param maintenance a connection to another database of the server
   * @return its name
   */
  public synchronized String make(Connection maintenance) throws SQLException {
    String name = "test_" + ++number;
    try (Statement statement = maintenance.createStatement()) {
      if (made.size() >= KEPT) {
        dropOrKeep(made.remove(), statement);
      }
      statement.execute("create database " + name);
    }
    made.add(name);
    return name;
  }

  private void dropOrKeep(String old, Statement statement) throws SQLException {
    try (ResultSet used =
        statement.executeQuery("select from pg_stat_activity where datname = '" + old + "'")) {
      if (used.next()) {
        made.add(old);
        return;
      }
    }
    statement.execute("drop database " + old);
  }
}
