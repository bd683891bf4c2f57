package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** The database of the relays under test, beside them and off their core, with durability on. */
final class Postgres implements AutoCloseable {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);

  private static final String SUMS =
      """
      select count(*), count(*) filter (where outcome = 'completed'),
        coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
      from usage_record""";

  private final EmbeddedPostgres server;
  private final Path cluster;

  private Postgres(EmbeddedPostgres server, Path cluster) {
    this.server = server;
    this.cluster = cluster;
  }

  static Postgres start(Path dir) {
    Path cluster = dir.resolve("cluster");
    try {
      return new Postgres(
          EmbeddedPostgres.builder()
              .setDataDirectory(cluster)
              .setCleanDataDirectory(false)
              .setRegisterShutdownHook(false)
              .setOverrideWorkingDirectory(dir.resolve("binaries").toFile())
              .setPGStartupWait(Duration.ofSeconds(60))
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .setServerConfig("listen_addresses", "127.0.0.1")
              .setServerConfig("unix_socket_directories", "")
              .setServerConfig("jit", "off")
              .start(),
          cluster);
    } catch (IOException | RuntimeException e) {
      throw new BenchException("PostgreSQL does not start: " + e.getMessage(), e);
    }
  }

  /** Sums over the rows of one load. */
  record Sums(long rows, long completed, long promptTokens, long completionTokens) {}

  void create(String database) {
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + database);
    } catch (SQLException e) {
      throw new BenchException("no database " + database + ": " + e.getMessage(), e);
    }
  }

  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database;
  }

  /**
   * The sums once so many rows are there, or what is there once no more came for some seconds. Rows
   * of files, whose calls name no model, are told by their path.
   */
  Sums awaitRows(String database, String model, long rows) {
    long deadline = System.nanoTime() + PATIENCE_NS;
    try (Connection connection = connect(database);
        PreparedStatement query =
            connection.prepareStatement(SUMS + " where request_model = ? or path = ?")) {
      query.setString(1, model);
      query.setString(2, "/v1/files/" + model);
      Sums sums = sums(query);
      while (sums.rows < rows && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        long before = sums.rows;
        sums = sums(query);
        deadline = sums.rows == before ? deadline : System.nanoTime() + PATIENCE_NS;
      }
      return sums;
    } catch (SQLException e) {
      throw new BenchException("the rows cannot be read: " + e.getMessage(), e);
    }
  }

  /** Over all rows that are there. */
  Sums sums(String database) {
    try (Connection connection = connect(database);
        PreparedStatement query = connection.prepareStatement(SUMS)) {
      return sums(query);
    } catch (SQLException e) {
      throw new BenchException("the rows cannot be read: " + e.getMessage(), e);
    }
  }

  private static Sums sums(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return new Sums(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
    }
  }

  Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(url(database), "postgres", "");
  }

  /** By its process: the library gives up where a busy machine needs more than five seconds. */
  @Override
  public void close() {
    try {
      List<String> lines = Files.readAllLines(cluster.resolve("postmaster.pid"), UTF_8);
      Optional<ProcessHandle> postmaster = ProcessHandle.of(Long.parseLong(lines.get(0).strip()));
      if (postmaster.isPresent()) {
        // As pg_ctl -m immediate: the data is thrown away with the folder.
        Machine.output("kill", "-QUIT", lines.get(0).strip());
        postmaster.get().onExit().get(30, TimeUnit.SECONDS);
      }
    } catch (IOException | ExecutionException | TimeoutException e) {
      System.err.println("bench: PostgreSQL did not stop: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
