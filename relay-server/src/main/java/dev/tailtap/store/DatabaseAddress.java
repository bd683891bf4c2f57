package dev.tailtap.store;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * Where a database is, and who asks it.
 *
 * @param url for JDBC
 */
public record DatabaseAddress(String url, String user, String password) {
  private static final Pattern SECRETS =
      Pattern.compile("(?i)((?:ssl)?password=)[^&]*|(//)[^/@]*@");

  /** One connection without a pool, with auto-commit on. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url, properties());
  }

  /**
   * For the driver: who asks, and an end to each wait. What the URL says itself goes before them.
   */
  Properties properties() {
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

  /** Without secrets, of which the URL may hold some as well. */
  @Override
  public String toString() {
    return SECRETS.matcher(url).replaceAll(found -> found.group(1) == null ? "//" : "$1***");
  }
}
