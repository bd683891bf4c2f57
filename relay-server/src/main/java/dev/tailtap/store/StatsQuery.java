package dev.tailtap.store;

import dev.tailtap.record.Tokens;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Sums and costs of a time span, by one look at the days, hours and rows that it is made of. Calls
 * of which the sums know a usage and the sums for prices nothing, because a relay of before wrote
 * them, are unpriced.
 */
final class StatsQuery {
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  /** The key of what is summed over all groups. */
  private static final String TOTAL = null;

  private static final String DONE =
      "select day from usage_rollup where done and day >= ? and day < ? order by day";

  private static final String GONE =
      """
      select (select coalesce(sum(calls), 0) from usage_hour where hour = t)
        > (select count(*) from usage_record where started_at >= t and started_at < t + interval '1 hour')
      from (select ?::timestamptz as t) asked""";

  /** Rows with the names that their sums have; see HourGroup. */
  private static final String ROWS =
      """
      (select started_at, left(coalesce(upstream, ''), 200) as upstream, case when refused then '' else
          left(coalesce(nullif(response_model, ''), request_model, ''), 200) end as model,
        case when refused and http_status in (401, 403) then '' else left(coalesce(tenant, ''), 200) end as tenant,
        prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, delivered
      from usage_record cross join lateral (select (http_status is null or http_status >= 400)
        and num_nonnulls(prompt_tokens, completion_tokens, total_tokens) = 0 as refused) r where WITHIN) rows""";

  private static final String PRICED_ROWS =
      """
      (select started_at, left(coalesce(upstream, ''), 200) as upstream, model, left(coalesce(tenant, ''), 200) as tenant, currency, cost, priced
      from usage_cost where WITHIN) rows""";

  private static final List<String> COLUMNS =
      List.of(
          "calls",
          "calls_with_usage",
          "prompt_tokens",
          "completion_tokens",
          "total_tokens",
          "cached_tokens",
          "cache_write_tokens",
          "reasoning_tokens",
          "delivered");

  /** reported: of the calls with usage those that the sums for prices should know. */
  private static final String SUMS =
      """
      with lines (key, COLUMNS, reported) as (
        select DAY_KEY, SUM, sum(calls_with_usage) from usage_day where DAYS FILTER group by 1
        union all
        select HOUR_KEY, SUM, sum(calls_with_usage) from usage_hour where HOURS FILTER group by 1
        union all
        select ROW_KEY, count(*), count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0),
          sum(prompt_tokens), sum(completion_tokens), sum(total_tokens), sum(cached_tokens), sum(cache_write_tokens),
          sum(reasoning_tokens), count(*) filter (where delivered), 0
        from ROWS where true FILTER group by 1),
      groups as materialized (select key, SUM, sum(reported) as reported from lines group by 1)
      select null as key, SUM, sum(reported) from groups
      union all
      (select KEY_TEXT, COLUMNS, reported from groups order by ORDER limit 1000)
      """
          .replace("COLUMNS", String.join(", ", COLUMNS))
          .replace("SUM,", summed());

  private static final String COSTS =
      """
      with lines (key, currency, cost, unpriced, known) as materialized (
        select DAY_KEY, null::text, null::numeric, sum(unpriced), sum(known) from usage_day where DAYS FILTER group by 1
        union all
        select DAY_KEY, currency, sum(cost), 0, 0 from usage_day_cost where DAYS FILTER group by 1, 2
        union all
        select HOUR_KEY, currency, sum(cost), sum(calls) filter (where priced = 'unpriced'), sum(calls_with_usage)
        from usage_price_hour_cost where HOURS FILTER group by 1, 2
        union all
        select ROW_KEY, currency, sum(cost), count(*) filter (where priced = 'unpriced'), 0
        from ROWS where true FILTER group by 1, 2)
      select null as key, currency, sum(cost), sum(unpriced), sum(known) from lines group by currency
      union all
      select KEY_TEXT, currency, sum(cost), sum(unpriced), sum(known) from lines
      where KEY_TEXT = any (?) group by key, currency
      order by 1, 2
      """;

  private final Connection connection;
  private final StatsFilter filter;
  private final StatsSpans spans;

  private StatsQuery(Connection connection, StatsFilter filter, StatsSpans spans) {
    this.connection = connection;
    this.filter = filter;
    this.spans = spans;
  }

  static UsageStats ask(Connection connection, StatsFilter filter) throws SQLException {
    List<Instant> done = filter.by().takesDays() ? done(connection, filter) : List.of();
    StatsSpans spans = StatsSpans.of(filter.from(), filter.to(), done);
    StatsQuery query = new StatsQuery(connection, filter, spans);
    List<Instant> gone = query.gone();
    return gone.isEmpty() ? query.stats() : UsageStats.without(gone);
  }

  private static String summed() {
    return COLUMNS.stream()
        .map(column -> "sum(" + column + ") as " + column + ",")
        .collect(Collectors.joining(" "));
  }

  private static List<Instant> done(Connection connection, StatsFilter filter) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(DONE)) {
      select.setTimestamp(1, Timestamp.from(filter.from()));
      select.setTimestamp(2, Timestamp.from(filter.to()));
      try (ResultSet rows = select.executeQuery()) {
        List<Instant> days = new ArrayList<>();
        while (rows.next()) {
          days.add(rows.getTimestamp(1).toInstant());
        }
        return days;
      }
    }
  }

  private List<Instant> gone() throws SQLException {
    List<Instant> gone = new ArrayList<>();
    for (Instant hour : spans.partHours()) {
      try (PreparedStatement select = connection.prepareStatement(GONE)) {
        select.setTimestamp(1, Timestamp.from(hour));
        try (ResultSet row = select.executeQuery()) {
          row.next();
          if (row.getBoolean(1)) {
            gone.add(hour);
          }
        }
      }
    }
    return gone;
  }

  private UsageStats stats() throws SQLException {
    Map<String, Long> reported = new LinkedHashMap<>();
    List<UsageTotals.Group> groups = groups(reported);
    UsageTotals.Sums total = groups.remove(0).sums();
    if (filter.by().isTime()) {
      Collections.reverse(groups);
    }
    Map<String, UsageCosts.Cost> costs = costs(reported);
    UsageCosts.Cost whole = costs.remove(TOTAL);
    return new UsageStats(new UsageTotals(total, groups), new UsageCosts(whole, costs), List.of());
  }

  /** The total first. */
  private List<UsageTotals.Group> groups(Map<String, Long> reported) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql(SUMS, ROWS))) {
      bind(select, 3);
      try (ResultSet rows = select.executeQuery()) {
        List<UsageTotals.Group> groups = new ArrayList<>();
        while (rows.next()) {
          reported.put(rows.getString(1), held(rows, 11));
          groups.add(new UsageTotals.Group(rows.getString(1), sums(rows)));
        }
        return groups;
      }
    }
  }

  private Map<String, UsageCosts.Cost> costs(Map<String, Long> reported) throws SQLException {
    Map<String, Parts> parts = new LinkedHashMap<>();
    reported.keySet().forEach(key -> parts.put(key, new Parts()));
    try (PreparedStatement select = connection.prepareStatement(sql(COSTS, PRICED_ROWS))) {
      int at = bind(select, 4);
      Object[] keys = reported.keySet().stream().filter(Objects::nonNull).toArray();
      select.setArray(at, connection.createArrayOf("text", keys));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          parts.get(rows.getString(1)).add(rows);
        }
      }
    }
    Map<String, UsageCosts.Cost> costs = new LinkedHashMap<>();
    parts.forEach((key, part) -> costs.put(key, part.cost(reported.get(key))));
    return costs;
  }

  private String sql(String pattern, String rows) {
    GroupBy by = filter.by();
    return pattern
        .replace("ROWS", rows.replace("WITHIN", StatsSpans.within("started_at", spans.rows())))
        .replace("FILTER", filter.conditions())
        .replace("DAYS", StatsSpans.within("day", spans.days()))
        .replace("HOURS", StatsSpans.within("hour", spans.hours()))
        .replace("DAY_KEY", by.of("day"))
        .replace("HOUR_KEY", by.of("hour"))
        .replace("ROW_KEY", by.of("started_at"))
        .replace("KEY_TEXT", by.text("key"))
        .replace("ORDER", by.isTime() ? "key desc" : "total_tokens desc, calls desc, key");
  }

  /** The filter's values for each of so many tables; returns the number of the next parameter. */
  private int bind(PreparedStatement select, int tables) throws SQLException {
    int at = 1;
    for (int table = 0; table < tables; table++) {
      for (String value : filter.values()) {
        select.setString(at++, value);
      }
    }
    return at;
  }

  private static UsageTotals.Sums sums(ResultSet row) throws SQLException {
    Tokens tokens =
        new Tokens(
            held(row, 4), held(row, 5), held(row, 6), held(row, 7), held(row, 8), held(row, 9));
    return new UsageTotals.Sums(held(row, 2), held(row, 3), tokens, held(row, 10));
  }

  /** A sum may exceed a long, where a provider reported absurd counts; of nothing it is 0. */
  private static long held(ResultSet row, int column) throws SQLException {
    BigDecimal sum = row.getBigDecimal(column);
    return sum == null ? 0 : sum.min(MOST).longValue();
  }

  /** A cost in the making: each currency is a row of its own, and so is what has none. */
  private static final class Parts {
    private final List<UsageCosts.Amount> amounts = new ArrayList<>();
    private long unpriced;
    private long known;

    private void add(ResultSet row) throws SQLException {
      unpriced += held(row, 4);
      known += held(row, 5);
      if (row.getString(2) != null) {
        amounts.add(new UsageCosts.Amount(row.getString(2), row.getBigDecimal(3)));
      }
    }

    private UsageCosts.Cost cost(long reported) {
      return new UsageCosts.Cost(List.copyOf(amounts), unpriced + Math.max(reported - known, 0));
    }
  }
}
