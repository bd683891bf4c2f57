package dev.tailtap.rig;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A real PostgreSQL that can be crashed, frozen and filled up, and comes back on the same port with
 * the same data. What it says is committed is on the disk, as in production.
 */
public final class FrailPostgres implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int CONNECTIONS = 30;

  private final Path data;
  private final int port = FreePort.choose();
  private EmbeddedPostgres server;
  private int databases;

  public FrailPostgres(Path dir) throws IOException {
    data = dir.resolve("data");
    start();
  }

  /** A new and empty database, as a JDBC URL with user. */
  public String freshDatabase() throws SQLException {
    String name = "fault_" + ++databases;
    try (Connection connection = DriverManager.getConnection(url("postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return url(name) + "&socketTimeout=3";
  }

  /** The first value of the first row, as text. */
  public static String ask(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : null;
    }
  }

  public static void execute(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Ends it at once, as {@code pg_ctl stop -m immediate} does: the next start has to recover. */
  public void crash() throws IOException, InterruptedException {
    ProcessHandle postmaster = postmaster();
    signal("QUIT", List.of(postmaster.pid()));
    long deadline = System.nanoTime() + Patience.NANOS;
    while (postmaster.isAlive() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    server.close(); // lets go of the library's lock
  }

  /** Starts it, for the first time or after a crash. */
  public void start() throws IOException {
    server =
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setPort(port)
            .setPGStartupWait(Patience.TIME) // it may have a crash to recover from
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("full_page_writes", "on")
            .setServerConfig("max_connections", Integer.toString(CONNECTIONS))
            .start();
  }

  /** Starts it if it has died of what was done to it. */
  public void revive() throws IOException {
    if (!Files.exists(pidFile()) || ProcessHandle.of(pid()).isEmpty()) {
      server.close();
      start();
    }
  }

  /** Stops every process of it where it stands, or lets all go on. */
  public void freeze(boolean frozen) throws IOException, InterruptedException {
    ProcessHandle postmaster = postmaster();
    List<Long> pids =
        Stream.concat(Stream.of(postmaster), postmaster.children())
            .map(ProcessHandle::pid)
            .toList();
    signal(frozen ? "STOP" : "CONT", pids);
  }

  /** Takes all connections away from whoever has or wants one; closing them gives them back. */
  public List<Connection> takeAllConnections(String database) throws SQLException {
    List<Connection> taken = new ArrayList<>();
    taken.add(DriverManager.getConnection(database));
    long deadline = System.nanoTime() + Patience.NANOS;
    while (taken.size() < CONNECTIONS && System.nanoTime() < deadline) {
      try {
        taken.add(DriverManager.getConnection(database));
      } catch (SQLException full) {
        try (Statement statement = taken.get(0).createStatement()) {
          statement.execute(
              "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tailtap'");
        }
      }
    }
    return taken;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private String url(String name) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=postgres";
  }

  private ProcessHandle postmaster() throws IOException {
    return ProcessHandle.of(pid()).orElseThrow();
  }

  private long pid() throws IOException {
    return Long.parseLong(Files.readAllLines(pidFile()).get(0).strip());
  }

  private Path pidFile() {
    return data.resolve("postmaster.pid");
  }

  private static void signal(String name, List<Long> pids)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    new ProcessBuilder(command).start().waitFor();
  }
}
