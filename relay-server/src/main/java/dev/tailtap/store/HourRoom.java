package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The bound on an hour's groups in a table of sums: which groups of a batch have no place there.
 *
 * @param <G> a group
 */
final class HourRoom<G> {
  /**
   * A column of the table's key.
   *
   * @param type its type
   * @param value a group's value in it
   */
  record Key<G>(String column, String type, Function<G, Object> value) {}

  /**
   * "limit 1" keeps the planner with the index, whatever it believes of the table's size. A group
   * has a line for each shard that has any of it, so where lines are too many, groups are counted.
   */
  private static final String SQL =
      """
      with fresh as materialized (
        select g.n, g.hour from unnest(%1$s) with ordinality as g(%2$s, n)
        left join lateral (select true as there from %3$s h where %4$s limit 1) k on true
        where k.there is null),
      taken as materialized (
        select f.hour, case when l.places + f.groups <= %5$d then l.places
          else (select count(*) from (select distinct %2$s from %3$s h where h.hour = f.hour limit %5$d) c) end as places
        from (select hour, count(*) as groups from fresh group by hour) f
        cross join lateral (select count(*) as places from (select from %3$s h where h.hour = f.hour limit %5$d) c) l)
      select f.n, t.places from fresh f join taken t using (hour) order by f.n
      """;

  private final String sql;
  private final int most;
  private final Function<G, Instant> hour;
  private final List<Key<G>> keys;

  /**
   * Prepares the question.
   *
   * @param most groups that an hour has
   * @param keys the key after the hour
   */
  HourRoom(String table, int most, Function<G, Instant> hour, List<Key<G>> keys) {
    this.most = most;
    this.hour = hour;
    this.keys = keys;
    String names = joined(", ", "hour", Key::column);
    String arrays = joined(", ", "?::timestamptz[]", key -> "?::" + key.type() + "[]");
    String same =
        joined(" and ", "h.hour = g.hour", key -> "h." + key.column() + " = g." + key.column());
    this.sql = SQL.formatted(arrays, names, table, same, most);
  }

  private String joined(String by, String first, Function<Key<G>, String> text) {
    return first + by + keys.stream().map(text).collect(Collectors.joining(by));
  }

  /**
   * The groups that are not there and for which there is no place.
   *
   * @param groups those that shall have one before others come first
   */
  Set<G> beyond(Connection connection, List<G> groups) throws SQLException {
    Set<G> beyond = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      ArrayParameters parameters = new ArrayParameters(select);
      parameters.add("timestamptz", groups, hour);
      for (Key<G> key : keys) {
        parameters.add(key.type(), groups, key.value());
      }
      Map<Instant, Long> left = new HashMap<>();
      try (ResultSet fresh = select.executeQuery()) {
        while (fresh.next()) {
          G group = groups.get(fresh.getInt(1) - 1);
          long taken = fresh.getLong(2);
          long places = left.merge(hour.apply(group), most - taken, (before, none) -> before - 1);
          if (places <= 0) {
            beyond.add(group);
          }
        }
      }
    }
    return beyond;
  }
}
