package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Costs from the hourly sums. Calls of which {@code usage_hour} knows a usage and the sums for
 * prices nothing, because a relay of before wrote them, are unpriced.
 */
final class CostQuery {
  private static final String SPAN =
      " where (?::timestamptz is null or hour >= ?) and (?::timestamptz is null or hour < ?)";

  /** KEY stands for the group's key. */
  private static final String SQL =
      """
      with c as (
        select KEY as key, currency, sum(cost) as cost, coalesce(sum(calls) filter (where priced = 'unpriced'), 0) as unpriced,
          sum(calls_with_usage) as known from usage_price_hour_cost SPAN group by 1, 2),
      u as (select key, sum(unpriced) as unpriced, sum(known) as known from c group by 1),
      h as (select KEY as key, sum(calls_with_usage) as reported from usage_hour SPAN group by 1)
      select coalesce(h.key, u.key), c.currency, c.cost,
        (coalesce(u.unpriced, 0) + greatest(coalesce(h.reported, 0) - coalesce(u.known, 0), 0))::bigint
      from h full join u on u.key = h.key left join c on c.key = u.key and c.cost is not null
      where ?::text[] is null or coalesce(h.key, u.key) = any (?) order by 1, 2"""
          .replace("SPAN", SPAN);

  private CostQuery() {}

  /** Of the whole hours of a span; of the groups only these. */
  static UsageCosts ask(
      Connection connection, Instant first, Instant end, GroupBy by, List<String> keys)
      throws SQLException {
    UsageCosts.Cost total = costs(connection, "''::text", first, end, null).get("");
    return new UsageCosts(
        total == null ? UsageCosts.NOTHING : total,
        costs(connection, by.expression(), first, end, keys));
  }

  private static Map<String, UsageCosts.Cost> costs(
      Connection connection, String key, Instant first, Instant end, List<String> keys)
      throws SQLException {
    Map<String, UsageCosts.Cost> costs = new LinkedHashMap<>();
    try (PreparedStatement select = connection.prepareStatement(SQL.replace("KEY", key))) {
      for (int span = 0; span < 2; span++) {
        for (int half = 0; half < 2; half++) {
          select.setTimestamp(4 * span + half + 1, first == null ? null : Timestamp.from(first));
          select.setTimestamp(4 * span + half + 3, end == null ? null : Timestamp.from(end));
        }
      }
      for (int parameter = 9; parameter <= 10; parameter++) {
        select.setArray(
            parameter, keys == null ? null : connection.createArrayOf("text", keys.toArray()));
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          add(costs, rows);
        }
      }
    }
    return costs;
  }

  /** Each further currency of a key is a row of its own. */
  private static void add(Map<String, UsageCosts.Cost> costs, ResultSet row) throws SQLException {
    UsageCosts.Cost before = costs.getOrDefault(row.getString(1), UsageCosts.NOTHING);
    List<UsageCosts.Amount> amounts = new ArrayList<>(before.amounts());
    if (row.getString(2) != null) {
      amounts.add(new UsageCosts.Amount(row.getString(2), row.getBigDecimal(3)));
    }
    costs.put(row.getString(1), new UsageCosts.Cost(List.copyOf(amounts), row.getLong(4)));
  }
}
