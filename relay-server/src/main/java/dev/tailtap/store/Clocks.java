package dev.tailtap.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.function.LongSupplier;

/**
 * The clocks that the store goes by: the machine's, one that never jumps, and the database's.
 *
 * @param nanos counts on whatever is done to the machine's clock
 */
record Clocks(Clock wall, LongSupplier nanos, DatabaseClock database) {
  /** What time the server thinks it is. */
  interface DatabaseClock {
    Instant now(Connection connection) throws SQLException;
  }

  static Clocks of(Clock wall) {
    return new Clocks(wall, System::nanoTime, Clocks::ask);
  }

  private static Instant ask(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet now = statement.executeQuery("select clock_timestamp()")) {
      now.next();
      return now.getObject(1, OffsetDateTime.class).toInstant();
    } finally {
      connection.rollback();
    }
  }
}
