package dev.tailtap.store;

import dev.tailtap.keys.KeyEntry;
import dev.tailtap.keys.KeyHome;
import java.io.IOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;

/**
 * The keys in the database, for those who give and take them. Makes the tables where no relay has
 * made them yet. Blocks; a command's thread.
 */
public final class KeyBook implements KeyHome, AutoCloseable {
  private static final String INSERT =
      "insert into tailtap_key (id, hash, tenant, name, routes, models, upstreams, \"limit\", expires,"
          + " disabled, tags) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          + " (select jsonb_object_agg(n, v) from unnest(?::text[], ?::text[]) as t (n, v)))";

  private final Database database;
  private final Connection connection;

  /** Connects. */
  public KeyBook(DatabaseAddress address) throws SQLException {
    database = new Database(address, 1);
    connection = database.connectDirectly();
    Schema.apply(connection);
  }

  @Override
  public List<KeyEntry> all() throws IOException {
    return done(
        () -> {
          try (Statement statement = connection.createStatement()) {
            return KeyRows.all(statement);
          }
        });
  }

  @Override
  public void add(KeyEntry key) throws IOException {
    done(
        () -> {
          insert(key);
          return null;
        });
  }

  @Override
  public void put(KeyEntry key) throws IOException {
    done(
        () -> {
          update(key);
          return null;
        });
  }

  @Override
  public void replace(KeyEntry former, KeyEntry next) throws IOException {
    done(
        () -> {
          insert(next);
          update(former);
          return null;
        });
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    database.close();
  }

  private interface Work<T> {
    T done() throws SQLException;
  }

  /** All of it or nothing. */
  private <T> T done(Work<T> work) throws IOException {
    try {
      T result = work.done();
      connection.commit();
      return result;
    } catch (SQLException failure) {
      Database.rollBack(connection, failure);
      throw new IOException("the database: " + FailureKind.reasonOf(failure), failure);
    }
  }

  private void insert(KeyEntry key) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, key.id());
      insert.setString(2, key.hash());
      insert.setString(3, key.tenant());
      insert.setString(4, key.name());
      insert.setArray(5, array(key.routes()));
      insert.setArray(6, array(key.models()));
      insert.setArray(7, array(key.upstreams()));
      insert.setString(8, key.limit());
      insert.setTimestamp(9, expires(key));
      insert.setBoolean(10, key.disabled());
      Map<String, String> tags = key.tags();
      insert.setArray(11, array(List.copyOf(tags.keySet())));
      insert.setArray(12, array(List.copyOf(tags.values())));
      insert.executeUpdate();
    }
  }

  private void update(KeyEntry key) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update tailtap_key set expires = ?, disabled = ? where id = ?")) {
      update.setTimestamp(1, expires(key));
      update.setBoolean(2, key.disabled());
      update.setString(3, key.id());
      update.executeUpdate();
    }
  }

  private Array array(List<String> texts) throws SQLException {
    return connection.createArrayOf("text", texts.toArray());
  }

  private static Timestamp expires(KeyEntry key) {
    return key.expires() == null ? null : Timestamp.from(key.expires());
  }
}
