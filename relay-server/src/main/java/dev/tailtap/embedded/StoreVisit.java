package dev.tailtap.embedded;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.store.DatabaseAddress;
import java.nio.file.Path;

/**
 * The store of a configuration, looked at from outside of the relay, which may be running or not:
 * an embedded database that nobody runs is started for the time of the visit. Blocks.
 */
public final class StoreVisit implements AutoCloseable {
  private final DatabaseAddress address;
  private final EmbeddedDatabase started; // null: it runs without us

  private StoreVisit(DatabaseAddress address, EmbeddedDatabase started) {
    this.address = address;
    this.started = started;
  }

  /**
   * Goes there; whether a server answers, the first question tells.
   *
   * @throws dev.tailtap.store.StoreStartException if an embedded one does not start
   */
  public static StoreVisit to(StoreConfig config) {
    if (!config.embedded()) {
      return new StoreVisit(
          new DatabaseAddress(config.url(), config.user(), config.password()), null);
    }
    Path dir = config.dir().toAbsolutePath();
    DatabaseAddress running = EmbeddedDatabase.running(dir);
    if (running != null) {
      return new StoreVisit(running, null);
    }
    EmbeddedDatabase started = EmbeddedDatabase.start(dir);
    return new StoreVisit(started.address(), started);
  }

  public DatabaseAddress address() {
    return address;
  }

  @Override
  public void close() {
    if (started != null) {
      started.close();
    }
  }
}
