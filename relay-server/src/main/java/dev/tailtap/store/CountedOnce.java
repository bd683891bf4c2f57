package dev.tailtap.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A usage that is known by a name is counted once, in the row that comes first: of all relays'
 * rows, the one that has the name in {@code usage_counted}.
 */
final class CountedOnce {
  private static final int LONGEST_KEY = 400;

  /** The update changes nothing: it makes the row that is there come back, and locks it. */
  private static final String SQL =
      """
      insert into usage_counted as c (upstream, response, id, retrieved, at)
      select u.upstream, u.response, u.id, u.retrieved, 'epoch'::timestamptz + u.at * interval '1 microsecond'
      from unnest(?::text[], ?::text[], ?::uuid[], ?::bool[], ?::int8[]) as u(upstream, response, id, retrieved, at)
      order by 1, 2
      on conflict (upstream, response) do update set id = c.id
      returning upstream, response, id, retrieved
      """;

  private record Name(String upstream, String response) {}

  private record Holder(UUID id, boolean retrieved) {}

  private CountedOnce() {}

  /**
   * The rows, in their order, which is that of their beginnings; those without counts that repeat
   * others'.
   */
  static List<UsageRecord> settle(Connection connection, List<UsageRecord> rows)
      throws SQLException {
    Map<Name, UsageRecord> first = new LinkedHashMap<>();
    for (UsageRecord row : rows) {
      Name name = nameOf(row);
      if (name != null) {
        first.putIfAbsent(name, row);
      }
    }
    if (first.isEmpty()) {
      return rows;
    }
    Map<Name, Holder> holders = claim(connection, first);
    List<UsageRecord> settled = new ArrayList<>(rows.size());
    for (UsageRecord row : rows) {
      Holder holder = holders.get(nameOf(row));
      boolean repeats =
          holder != null
              && !holder.id().equals(row.id())
              && (row.retrieves() || holder.retrieved());
      settled.add(repeats ? row.repeated() : row);
    }
    return settled;
  }

  private static Map<Name, Holder> claim(Connection connection, Map<Name, UsageRecord> first)
      throws SQLException {
    Map<Name, Holder> holders = new HashMap<>();
    try (PreparedStatement insert = connection.prepareStatement(SQL)) {
      new ArrayParameters(insert)
          .add("text", first.keySet(), Name::upstream)
          .add("text", first.keySet(), Name::response)
          .add("uuid", first.values(), UsageRecord::id)
          .add("bool", first.values(), UsageRecord::retrieves)
          .add("int8", first.values(), row -> Micros.of(row.startedAt()));
      try (ResultSet held = insert.executeQuery()) {
        while (held.next()) {
          Name name = new Name(held.getString(1), held.getString(2));
          holders.put(name, new Holder(held.getObject(3, UUID.class), held.getBoolean(4)));
        }
      }
    }
    return holders;
  }

  /** No longer than a key of an index may be, and two that differ do not become one. */
  private static Name nameOf(UsageRecord row) {
    String whole = CleanText.of(row.countedAs());
    if (whole == null) {
      return null;
    }
    String response =
        whole.length() <= LONGEST_KEY
            ? whole
            : CleanText.of(whole, LONGEST_KEY - 37) + UUID.nameUUIDFromBytes(whole.getBytes(UTF_8));
    return new Name(HourGroup.name(row.call().upstream()), response);
  }
}
