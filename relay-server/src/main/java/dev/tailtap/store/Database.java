package dev.tailtap.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The connections to PostgreSQL, every wait of theirs finite. It can be made while the database is
 * away. Any thread may take a connection; taking one blocks for five seconds at most.
 */
final class Database implements AutoCloseable {
  private static final int READ_MILLIS = 12_000;

  /** Held, because the JDK forgets the level of a logger that nobody holds. */
  private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");

  private final DatabaseAddress address;
  private final HikariDataSource pool;

  Database(DatabaseAddress address, int poolSize) {
    DRIVER_LOG.setLevel(Level.OFF);
    this.address = address;
    this.pool = new HikariDataSource(settings(address, poolSize));
  }

  /** A connection with auto-commit off, from the pool. */
  Connection connect() throws SQLException {
    return pool.getConnection();
  }

  /**
   * A connection beside the pool, with auto-commit off. Fails at once where nobody listens, while
   * the pool would try on.
   */
  Connection connectDirectly() throws SQLException {
    Connection connection = address.connect();
    connection.setAutoCommit(false);
    return connection;
  }

  /**
   * A connection to answer somebody who waits: beside the pool, with auto-commit off. Fails within
   * two seconds where the database is away or hangs; what it is asked may take longer.
   */
  Connection connectToRead() throws SQLException {
    Properties hasty = address.properties();
    hasty.setProperty("connectTimeout", "1");
    hasty.setProperty("loginTimeout", "2");
    hasty.setProperty("socketTimeout", "2");
    Connection connection = DriverManager.getConnection(address.url(), hasty);
    connection.setAutoCommit(false);
    connection.setNetworkTimeout(Runnable::run, READ_MILLIS);
    return connection;
  }

  /** Which it is, without secrets. */
  String description() {
    return address.toString();
  }

  @Override
  public void close() {
    pool.close();
  }

  private static HikariConfig settings(DatabaseAddress address, int poolSize) {
    HikariConfig settings = new HikariConfig();
    settings.setPoolName("tailtap");
    settings.setJdbcUrl(address.url());
    settings.setDataSourceProperties(address.properties());
    settings.setMaximumPoolSize(poolSize);
    settings.setMinimumIdle(1);
    settings.setAutoCommit(false);
    settings.setInitializationFailTimeout(-1);
    settings.setConnectionTimeout(5_000);
    settings.setValidationTimeout(2_000);
    settings.setKeepaliveTime(60_000);
    settings.setMaxLifetime(25 * 60_000);
    settings.setExceptionOverride(new ReadOnlyEviction());
    return settings;
  }

  /** After a failover the old primary answers 25006 for ever; the pool alone would keep it. */
  private static final class ReadOnlyEviction implements SQLExceptionOverride {
    @java.lang.Override
    public SQLExceptionOverride.Override adjudicate(SQLException failure) {
      return "25006".equals(failure.getSQLState())
          ? SQLExceptionOverride.Override.MUST_EVICT
          : SQLExceptionOverride.Override.CONTINUE_EVICT;
    }
  }

  /** Undoes a failed try without hiding why it failed. */
  static void rollBack(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException broken) {
      failure.addSuppressed(broken);
    }
  }
}
