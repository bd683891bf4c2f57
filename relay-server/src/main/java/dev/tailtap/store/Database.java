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
import java.util.regex.Pattern;

/**
 * The connections to PostgreSQL, every wait of theirs finite. It can be made while the database is
 * away. Any thread may take a connection; taking one blocks for five seconds at most.
 */
final class Database implements AutoCloseable {
  private static final Pattern SECRETS =
      Pattern.compile("(?i)((?:ssl)?password=)[^&]*|(//)[^/@]*@");

  private static final int READ_MILLIS = 12_000;

  /** Held, because the JDK forgets the level of a logger that nobody holds. */
  private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");

  private final String url;
  private final Properties properties;
  private final HikariDataSource pool;

  Database(DatabaseAddress address, int poolSize) {
    this(address.url(), address.user(), address.password(), poolSize);
  }

  Database(String url, String user, String password, int poolSize) {
    DRIVER_LOG.setLevel(Level.OFF);
    this.url = url;
    this.properties = properties(user, password);
    this.pool = new HikariDataSource(settings(poolSize));
  }

  /** One connection without a pool, with auto-commit on. */
  static Connection connect(String url, String user, String password) throws SQLException {
    return DriverManager.getConnection(url, properties(user, password));
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
    Connection connection = DriverManager.getConnection(url, properties);
    connection.setAutoCommit(false);
    return connection;
  }

  /**
   * A connection to answer somebody who waits: beside the pool, with auto-commit off. Fails within
   * two seconds where the database is away or hangs; what it is asked may take longer.
   */
  Connection connectToRead() throws SQLException {
    Properties hasty = new Properties();
    hasty.putAll(properties);
    hasty.setProperty("connectTimeout", "1");
    hasty.setProperty("loginTimeout", "2");
    hasty.setProperty("socketTimeout", "2");
    Connection connection = DriverManager.getConnection(url, hasty);
    connection.setAutoCommit(false);
    connection.setNetworkTimeout(Runnable::run, READ_MILLIS);
    return connection;
  }

  String description() {
    return withoutSecrets(url);
  }

  static String withoutSecrets(String url) {
    return SECRETS.matcher(url).replaceAll(found -> found.group(1) == null ? "//" : "$1***");
  }

  @Override
  public void close() {
    pool.close();
  }

  /** What the URL says itself goes before these. */
  private static Properties properties(String user, String password) {
    Properties properties = new Properties();
    put(properties, "user", user);
    put(properties, "password", password);
    put(properties, "ApplicationName", "tailtap");
    put(properties, "connectTimeout", "5");
    put(properties, "loginTimeout", "10");
    put(properties, "socketTimeout", "30");
    put(properties, "tcpKeepAlive", "true");
    put(properties, "cancelSignalTimeout", "5");
    put(properties, "targetServerType", "primary");
    // A statement that the server keeps is another client's, or nobody's, where a PgBouncer gives
    // each transaction another session.
    put(properties, "prepareThreshold", "0");
    return properties;
  }

  private static void put(Properties properties, String key, String value) {
    if (value != null && !value.isEmpty()) {
      properties.setProperty(key, value);
    }
  }

  private HikariConfig settings(int poolSize) {
    HikariConfig settings = new HikariConfig();
    settings.setPoolName("tailtap");
    settings.setJdbcUrl(url);
    settings.setDataSourceProperties(properties);
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
