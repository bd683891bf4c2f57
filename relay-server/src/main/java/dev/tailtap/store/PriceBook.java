package dev.tailtap.store;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The prices in the database, as they are believed now. Makes the tables where no relay has made
 * them yet. Blocks; a command's thread.
 */
public final class PriceBook implements AutoCloseable {
  private static final String COLUMNS = String.join(", ", Price.KINDS);
  private static final String SELECT =
      "select id, rank, upstream, model, tier, geo, speed, over, inclusive, lower(valid), upper(valid), currency, source, "
          + "array(select key || '=' || value from jsonb_each_text(units) order by key), "
          + COLUMNS
          + " from model_price where upper_inf(known) order by id";
  private static final String INSERT =
      "insert into model_price (rank, upstream, model, tier, geo, speed, over, inclusive, valid, currency, source, units, "
          + COLUMNS
          + ") values (?, ?, ?, ?, ?, ?, ?, ?, tstzrange(?, ?), ?, ?, ?::jsonb"
          + ", ?".repeat(Price.KINDS.size())
          + ")";

  private final Database database;
  private final Connection connection;

  /** Connects. */
  public PriceBook(DatabaseAddress address) throws SQLException {
    database = new Database(address, 1);
    connection = database.connectDirectly();
    Schema.apply(connection);
  }

  /** Which database it is, without secrets. */
  public String description() {
    return database.description();
  }

  /** The prices by their ids. */
  public Map<Long, Price> prices() throws SQLException {
    Map<Long, Price> prices = read(connection);
    connection.commit();
    return prices;
  }

  static Map<Long, Price> read(Connection connection) throws SQLException {
    Map<Long, Price> prices = new LinkedHashMap<>();
    try (Statement select = connection.createStatement();
        ResultSet rows = select.executeQuery(SELECT)) {
      while (rows.next()) {
        prices.put(rows.getLong(1), price(rows));
      }
    }
    return prices;
  }

  /** Does all of it or nothing. */
  public void apply(List<PriceChange> changes) throws SQLException {
    try {
      List<Price> added = new ArrayList<>();
      for (PriceChange change : changes) {
        if (change instanceof PriceChange.Ended ended) {
          update("valid = tstzrange(lower(valid), ?)", ended.id(), ended.at());
        } else if (change instanceof PriceChange.Withdrawn withdrawn) {
          update(
              "known = tstzrange(lower(known), greatest(now(), lower(known) + interval '1 microsecond'))",
              withdrawn.id(),
              null);
        } else if (change instanceof PriceChange.Added one) {
          added.add(one.price());
        }
      }
      insert(added);
      connection.commit();
    } catch (SQLException failure) {
      Database.rollBack(connection, failure);
      throw failure;
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    database.close();
  }

  private void update(String what, long id, Instant at) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("update model_price set " + what + " where id = ?")) {
      int parameter = 0;
      if (at != null) {
        update.setTimestamp(++parameter, Timestamp.from(at));
      }
      update.setLong(++parameter, id);
      update.executeUpdate();
    }
  }

  private void insert(List<Price> prices) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (Price price : prices) {
        bind(insert, price);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private static void bind(PreparedStatement insert, Price price) throws SQLException {
    Price.Key key = price.key();
    insert.setInt(1, key.rank());
    insert.setString(2, key.upstream());
    insert.setString(3, key.model());
    insert.setString(4, key.tier());
    insert.setString(5, key.geo());
    insert.setString(6, key.speed());
    insert.setLong(7, key.over());
    insert.setBoolean(8, key.inclusive());
    insert.setTimestamp(9, price.from() == null ? null : Timestamp.from(price.from()));
    insert.setTimestamp(10, price.to() == null ? null : Timestamp.from(price.to()));
    insert.setString(11, price.currency());
    insert.setString(12, price.source());
    insert.setString(13, json(price.units()));
    for (int kind = 0; kind < Price.KINDS.size(); kind++) {
      insert.setBigDecimal(14 + kind, price.amounts().get(Price.KINDS.get(kind)));
    }
  }

  private static Price price(ResultSet row) throws SQLException {
    Price.Key key =
        new Price.Key(
            row.getInt(2),
            row.getString(3),
            row.getString(4),
            row.getString(5),
            row.getString(6),
            row.getString(7),
            row.getLong(8),
            row.getBoolean(9));
    SortedMap<String, BigDecimal> amounts = new TreeMap<>();
    for (int kind = 0; kind < Price.KINDS.size(); kind++) {
      BigDecimal amount = row.getBigDecimal(15 + kind);
      if (amount != null) {
        amounts.put(Price.KINDS.get(kind), amount);
      }
    }
    return new Price(
        key,
        instant(row.getTimestamp(10)),
        instant(row.getTimestamp(11)),
        row.getString(12),
        amounts,
        units(row.getArray(14)),
        row.getString(13));
  }

  private static SortedMap<String, BigDecimal> units(Array pairs) throws SQLException {
    SortedMap<String, BigDecimal> units = new TreeMap<>();
    for (String pair : (String[]) pairs.getArray()) {
      int equals = pair.lastIndexOf('=');
      units.put(pair.substring(0, equals), new BigDecimal(pair.substring(equals + 1)));
    }
    return units;
  }

  private static Instant instant(Timestamp time) {
    return time == null ? null : time.toInstant();
  }

  /** Names of units are words: the import takes no others. */
  private static String json(Map<String, BigDecimal> units) {
    StringBuilder text = new StringBuilder();
    units.forEach(
        (name, amount) ->
            text.append(text.isEmpty() ? "{\"" : ",\"")
                .append(name)
                .append("\":")
                .append(amount.toPlainString()));
    return text.isEmpty() ? "{}" : text.append('}').toString();
  }
}
