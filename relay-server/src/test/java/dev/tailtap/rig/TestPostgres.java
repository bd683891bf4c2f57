package dev.tailtap.rig;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One real PostgreSQL for all tests of a process that want just any database, with a fresh database
 * for each of them. It dies with the process, so it need not survive anything: its data are in
 * memory.
 */
public final class TestPostgres {
  /** Where the library unpacks what it starts. */
  private static final Path UNPACKED = Path.of(System.getProperty("java.io.tmpdir"), "embedded-pg");

  private static final FreshDatabases DATABASES = new FreshDatabases();

  private TestPostgres() {}

  /** A JDBC URL, with user, of a new and empty database. */
  public static String freshDatabase() {
    try (Connection connection = DriverManager.getConnection(url("postgres"))) {
      return url(DATABASES.make(connection));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Lets an embedded database that is to be made in this directory find its binaries there, if this
   * machine has them: to unpack them takes seconds.
   */
  public static void lendBinaries(Path storeDir) throws IOException {
    if (!Files.isDirectory(UNPACKED)) {
      return;
    }
    try (Stream<Path> versions = Files.list(UNPACKED)) {
      if (versions.allMatch(version -> Files.exists(version.resolve(".exists")))) {
        Files.createSymbolicLink(Files.createDirectories(storeDir).resolve("binaries"), UNPACKED);
      }
    }
  }

  private static String url(String database) {
    return Holder.SERVER.getJdbcUrl("postgres", database);
  }

  private static final class Holder {
    private static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder()
            .setDataDirectory(RamDisk.directory())
            .setPGStartupWait(Patience.TIME)
            .setServerConfig("max_connections", "200")
            .setServerConfig("max_wal_size", "128MB")
            .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The database that a file of settings names. */
  public static String databaseOf(String config) throws IOException {
    String key = "store.url=";
    return Files.readAllLines(Path.of(config)).stream()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .orElseThrow()
        .substring(key.length());
  }

  /** The first column of what a query finds, as texts. */
  public static List<String> ask(String database, String query) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }
}
