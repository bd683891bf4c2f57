package dev.tailtap.embedded;

import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.DatabaseServer;
import dev.tailtap.store.FailureKind;
import dev.tailtap.store.StoreStartException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL of the relay's own, kept over restarts: loopback only, behind a password, and
 * with the durability on that its library turns off. A server that a killed relay left running is
 * taken over, and one that died is started again. Started and closed by the thread that opens the
 * store.
 */
public final class EmbeddedDatabase implements DatabaseServer {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final String SUPERUSER = "postgres";
  private static final String NAME = "tailtap";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** A machine that is busy with other things may take long to start a server. */
  private static final Duration START_WAIT = Duration.ofMinutes(3);

  private final ClusterHome home;
  private final String password;
  private final int port;

  /** Null where a server was taken over that another process started. Changed by the monitor. */
  private EmbeddedPostgres started;

  private boolean closed;

  private EmbeddedDatabase(ClusterHome home, String password, int port, EmbeddedPostgres started) {
    this.home = home;
    this.password = password;
    this.port = port;
    this.started = started;
  }

  /**
   * Starts the server in this directory, or takes it over.
   *
   * @throws StoreStartException says what to do
   */
  public static EmbeddedDatabase start(Path dir) {
    ClusterHome home = null;
    EmbeddedDatabase database = null;
    try {
      home = ClusterHome.claim(dir);
      database = startOrAttach(home);
      database.verify();
      home.markReady();
      database.create();
      return database;
    } catch (IOException | SQLException | RuntimeException | ExceptionInInitializerError failure) {
      if (database != null) {
        database.close();
      } else if (home != null) {
        home.close();
      }
      throw failure instanceof StoreStartException advised
          ? advised
          : new StoreStartException(advice(dir, failure), failure);
    }
  }

  /** Whether one was ever started in this directory. */
  public static boolean isMade(Path dir) {
    return Files.exists(dir.resolve("ready"));
  }

  /** Whether a relay runs one in this directory now. */
  public static boolean isRunning(Path dir) {
    return server(dir.toAbsolutePath().resolve("cluster")) != null;
  }

  /** Where the one answers that a relay runs in this directory; null: none runs. */
  public static DatabaseAddress running(Path dir) {
    Postmaster server = server(dir.toAbsolutePath().resolve("cluster"));
    if (server == null) {
      return null;
    }
    try {
      return address(server.port(), NAME, Files.readString(dir.resolve("password")).strip());
    } catch (IOException unreadable) {
      return null; // starting it says what is wrong
    }
  }

  /** The server that runs on this cluster and takes connections; null: none. */
  private static Postmaster server(Path cluster) {
    try {
      Postmaster server = Postmaster.of(cluster);
      boolean runs = server != null && server.ready();
      return runs && server.state(cluster) == Postmaster.State.LIVE ? server : null;
    } catch (IOException unreadable) {
      return null;
    }
  }

  @Override
  public DatabaseAddress address() {
    return address(port, NAME, password);
  }

  private static DatabaseAddress address(int port, String database, String password) {
    return new DatabaseAddress(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, SUPERUSER, password);
  }

  private Connection connectToMaintain() throws SQLException {
    return address(port, "postgres", password).connect();
  }

  /** The password stays in its file. */
  @Override
  public String psqlCommand() {
    String file = home.passwordFile().toString().replace("'", "'\\''");
    return "PGPASSWORD=$(cat '%s') psql -h 127.0.0.1 -p %d -U %s %s"
        .formatted(file, port, SUPERUSER, NAME);
  }

  /** On the same port; one that lives, whatever it does, is let alone. */
  @Override
  public synchronized void revive() throws IOException {
    if (closed || lives()) {
      return;
    }
    LOG.warn("event=embedded_database_gone dir={}", home.dir());
    if (awaitPredecessor(home.cluster()) != null) {
      return;
    }
    relaunch();
    LOG.info("event=embedded_database_restarted port={}", port);
  }

  private void relaunch() throws IOException {
    if (started != null) {
      // Lets go of the library's lock; there is nothing left to be stopped.
      started.close();
      started = null;
    }
    home.requirePortFree(port);
    started = launch(home, password, port);
  }

  private boolean lives() throws IOException {
    Postmaster server = Postmaster.of(home.cluster());
    return server != null && server.state(home.cluster()) == Postmaster.State.LIVE;
  }

  @Override
  public synchronized void close() {
    closed = true;
    try {
      if (started != null) {
        started.close();
      } else {
        stopForeign();
      }
    } catch (IOException failure) {
      LOG.warn("event=embedded_database_not_stopped dir={}", home.dir(), failure);
    } finally {
      home.close();
    }
  }

  private static EmbeddedDatabase startOrAttach(ClusterHome home) throws IOException {
    home.requireSameVersion();
    String password = home.password();
    Postmaster left = awaitPredecessor(home.cluster());
    if (left != null) {
      LOG.info("event=embedded_database_taken_over pid={} port={}", left.pid(), left.port());
      return new EmbeddedDatabase(home, password, left.port(), null);
    }
    home.repair();
    int port = home.port();
    home.requirePortFree(port);
    return new EmbeddedDatabase(home, password, port, launch(home, password, port));
  }

  /** The live server of a relay that was killed; null once there is none. */
  private static Postmaster awaitPredecessor(Path cluster) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Postmaster.State state = Postmaster.State.GONE;
    while (System.nanoTime() < deadline) {
      Postmaster left = Postmaster.of(cluster);
      if (left == null) {
        return null;
      }
      state = left.state(cluster);
      if (state == Postmaster.State.GONE) {
        return null;
      }
      if (state == Postmaster.State.STRANGER) {
        LOG.warn("event=stale_postmaster_pid_removed pid={}", left.pid());
        Files.delete(Postmaster.pidFile(cluster));
        return null;
      }
      if (state == Postmaster.State.LIVE && left.ready()) {
        return left;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
    throw new StoreStartException(
        "the former server of %s is neither usable nor gone (%s): end the process named in %s"
            .formatted(cluster, state, Postmaster.pidFile(cluster)));
  }

  private static EmbeddedPostgres launch(ClusterHome home, String password, int port)
      throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(home.cluster())
        .setCleanDataDirectory(false)
        .setRegisterShutdownHook(false)
        .setOverrideWorkingDirectory(home.binaries().toFile())
        .setPort(port)
        .setPGStartupWait(START_WAIT)
        .setConnectConfig("password", password)
        // The library hands these to initdb as they are; the later --auth overrides its -A trust.
        .setLocaleConfig("locale", "C")
        .setLocaleConfig("auth", "scram-sha-256")
        .setLocaleConfig("pwfile", home.passwordFile().toString())
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .setServerConfig("full_page_writes", "on")
        .setServerConfig("listen_addresses", "127.0.0.1")
        .setServerConfig("unix_socket_directories", "")
        .setServerConfig("password_encryption", "scram-sha-256")
        .setServerConfig("max_connections", "40")
        .setServerConfig("jit", "off")
        // The server's log outlives the relay's pipe, and keeps one file per weekday.
        .setServerConfig("logging_collector", "on")
        .setServerConfig("log_filename", "postgresql-%a.log")
        .setServerConfig("log_truncate_on_rotation", "on")
        .setServerConfig("log_rotation_age", "1d")
        .setServerConfig("log_rotation_size", "0")
        .start();
  }

  /** That this is our server, and that a commit is on the disk when it says so. */
  private void verify() throws SQLException, IOException {
    try (Connection connection = connectToMaintain()) {
      Path serves = Path.of(setting(connection, "data_directory")).toRealPath();
      if (!serves.equals(home.cluster().toRealPath())) {
        throw new StoreStartException(
            "on port %d answers the server of %s instead of %s: stop it"
                .formatted(port, serves, home.cluster()));
      }
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        if (!setting(connection, setting).equals("on")) {
          throw new StoreStartException(
              "the embedded database runs with %s off and could lose rows: stop the server in %s and start the relay again"
                  .formatted(setting, home.cluster()));
        }
      }
    }
  }

  private void create() throws SQLException {
    try (Connection connection = connectToMaintain();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("select 1 from pg_database where datname = '" + NAME + "'")) {
      if (!found.next()) {
        try (Statement create = connection.createStatement()) {
          create.execute("create database " + NAME);
        }
      }
    }
  }

  private static String setting(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet value = statement.executeQuery("show " + name)) {
      value.next();
      return value.getString(1);
    }
  }

  private void stopForeign() throws IOException {
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) {
      command.addAll(List.of("unshare", "-U"));
    }
    String cluster = home.cluster().toString();
    String control = Postmaster.program(home.cluster(), "pg_ctl").toString();
    command.addAll(List.of(control, "-D", cluster, "stop", "-m", "fast", "-w", "-t", "5"));
    Process stop =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (stop.waitFor() != 0) {
        throw new IOException("pg_ctl stop ended with " + stop.exitValue());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static String advice(Path dir, Throwable failure) {
    boolean root = "root".equals(System.getProperty("user.name"));
    String asRoot =
        root && !LinuxUtils.isUnshareAvailable()
            ? " PostgreSQL does not run as root, and `unshare -U` is not allowed here: run the relay as another user."
            : "";
    return "the embedded database in %s does not start: %s.%s See %s for the server's own words, or point store.url at a PostgreSQL of yours."
        .formatted(dir, FailureKind.reasonOf(failure), asRoot, dir.resolve("cluster/log"));
  }
}
