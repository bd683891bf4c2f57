package dev.tailtap.store;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Where a database is, and who asks it.
 *
 * @param url for JDBC
 */
public record DatabaseAddress(String url, String user, String password) {
  /** One connection without a pool, with auto-commit on. */
  public Connection connect() throws SQLException {
    return Database.connect(url, user, password);
  }

  /** Without secrets, of which the URL may hold some as well. */
  @Override
  public String toString() {
    return Database.withoutSecrets(url);
  }
}
