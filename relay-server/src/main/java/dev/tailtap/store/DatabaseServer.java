package dev.tailtap.store;

import java.io.IOException;
import java.nio.file.Path;

/** A PostgreSQL server that is the relay's own to run while the store is open. */
public interface DatabaseServer extends AutoCloseable {
  /** Makes one run. */
  interface Launcher {
    /**
     * Starts it, or takes over one that a killed relay left.
     *
     * @param dir absolute; holds all that it keeps
     * @throws StoreStartException says what to do
     */
    DatabaseServer start(Path dir);
  }

  /** Where it answers; stays the same for its life. */
  DatabaseAddress address();

  /** A shell command that opens a session, without secrets. */
  String psqlCommand();

  /** Starts it again if it is gone; else nothing. Takes some seconds. The writer's thread. */
  void revive() throws IOException;

  /** Stops it. */
  @Override
  void close();
}
