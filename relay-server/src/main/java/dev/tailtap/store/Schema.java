package dev.tailtap.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Applies schema.sql, which the jar carries. Whole or not at all, and one relay at a time: the lock
 * is the database's and ends with the transaction. A database of another schema version fails with
 * SQLSTATE TT001 and is left as it is.
 */
final class Schema {
  /** "tailtap" in ASCII; shared by everything that changes tables. */
  static final long LOCK = 0x7461696c746170L;

  private static final String TEXT = read();

  private Schema() {}

  static void apply(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local statement_timeout = '60s'");
      statement.execute("set local lock_timeout = '10s'");
      statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
      statement.execute(TEXT);
    }
    connection.commit();
  }

  private static String read() {
    try (InputStream in = Schema.class.getResourceAsStream("schema.sql")) {
      if (in == null) {
        throw new IllegalStateException("schema.sql is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
