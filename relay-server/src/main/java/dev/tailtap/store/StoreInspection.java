package dev.tailtap.store;

/**
 * A look at a database from outside of the relay, which may be running or not. Writes nothing;
 * whether a server answers, the first question tells. Blocks.
 */
public final class StoreInspection implements AutoCloseable {
  private final Database database;

  public StoreInspection(DatabaseAddress address) {
    database = new Database(address, 1);
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
  }
}
