package dev.tailtap.store;

import dev.tailtap.config.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A look at the configured database from outside of the relay, which may be running or not. Writes
 * nothing. An embedded database that a relay runs is visited there; one that nobody runs is started
 * for the time of the visit. Blocks.
 */
public final class StoreInspection implements AutoCloseable {
  private final EmbeddedDatabase started; // null: somebody else runs the server
  private final Database database;

  private StoreInspection(EmbeddedDatabase started, Database database) {
    this.started = started;
    this.database = database;
  }

  /**
   * Begins; whether a server answers, the first question tells.
   *
   * @throws StoreStartException if the embedded database neither runs nor starts
   */
  public static StoreInspection open(StoreConfig config) {
    if (!config.embedded()) {
      return new StoreInspection(
          null, new Database(config.url(), config.user(), config.password(), 1));
    }
    Path dir = config.dir().toAbsolutePath();
    Database running = running(dir);
    if (running != null) {
      return new StoreInspection(null, running);
    }
    EmbeddedDatabase started = EmbeddedDatabase.start(dir);
    return new StoreInspection(started, started.connections(1));
  }

  /** Whether it is an embedded database that was never started: a visit would make it. */
  public static boolean isUnmade(StoreConfig config) {
    return config.embedded() && !Files.exists(config.dir().resolve("ready"));
  }

  /** Whether it is an embedded database that a relay runs now. */
  public static boolean isRunning(StoreConfig config) {
    return config.embedded() && server(config.dir().toAbsolutePath().resolve("cluster")) != null;
  }

  public UsageQueries queries() {
    return new UsageQueries(database);
  }

  /** Which database it is, without secrets. */
  public String description() {
    return database.description();
  }

  @Override
  public void close() {
    database.close();
    if (started != null) {
      started.close();
    }
  }

  private static Database running(Path dir) {
    Postmaster server = server(dir.resolve("cluster"));
    if (server == null) {
      return null;
    }
    try {
      String password = Files.readString(dir.resolve("password")).strip();
      return EmbeddedDatabase.connections(server.port(), password, 1);
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
}
