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
      "select day from usage_rollup where done and (hours or not ?) and day >= ? and day < ? order by day";

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
  private static final String DONE_LINES =
      "select KEY, SUM sum(calls_with_usage), sum(unpriced), sum(known) from ROLLED where WITHIN FILTER group by 1"
          .replace("SUM", sums());

  /** The same of hours, of which each has one line. */
  private static final String DONE_HOURS =
      "select hour, COLUMNS, calls_with_usage, unpriced, known from ROLLED where WITHIN"
          .replace("COLUMNS", String.join(", ", COLUMNS));

  private static final String HOUR_LINES =
      "select KEY, SUM sum(calls_with_usage), 0, 0 from usage_hour where WITHIN FILTER group by 1"
          .replace("SUM", sums());

  private static final String ROW_LINES =
      """
      select KEY, count(*), count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0),
        sum(prompt_tokens), sum(completion_tokens), sum(total_tokens), sum(cached_tokens), sum(cache_write_tokens),
        sum(reasoning_tokens), count(*) filter (where delivered), 0, 0, 0
      from ROWS where true FILTER group by 1""";

  private static final String SUMS =
      """
      with lines (key, COLUMNS, reported, unpriced, known) as (LINES),
      groups as materialized (GROUPS)
      select null as key, SUM, sum(reported), sum(unpriced), sum(known) from groups
      union all
      (select KEY_TEXT, COLUMNS, reported, unpriced, known from groups order by ORDER limit 1000)
      """
          .replace("COLUMNS", String.join(", ", COLUMNS))
          .replace("SUM,", sums());

  private static final String GROUPS =
      "select key, SUM sum(reported) as reported, sum(unpriced) as unpriced, sum(known) as known from lines group by 1"
          .replace("SUM", sums());

  /** Of these, what is unpriced stands beside their sums. */
  private static final String DONE_COSTS =
      "select KEY, currency, sum(cost), 0, 0 from ROLLED_cost where WITHIN FILTER group by 1, 2";

  private static final String HOUR_COSTS =
      """
      select KEY, currency, sum(cost), sum(calls) filter (where priced = 'unpriced'), sum(calls_with_usage)
      from tailtap_costs_of_hours('FROM', 'TO', OF) group by 1, 2""";

  private static final String ROW_COSTS =
      """
      select KEY, currency, sum(cost), count(*) filter (where priced = 'unpriced'), 0
      from ROWS where true FILTER group by 1, 2""";

  private static final String COSTS =
      """
      with lines (key, currency, cost, unpriced, known) as materialized (LINES)
      select null as key, currency, sum(cost), sum(unpriced), sum(known) from lines group by currency
      union all
      select KEY_TEXT, currency, sum(cost), sum(unpriced), sum(known) from lines where KEY_TEXT = any (?) group by key, currency
      """;

  /** From one hour that has sums to the one before it, so that few of their lines are read. */
  private static final String NEWEST_HOURS =
      """
      with recursive h (hour, n) as (
        (select hour, 1 from usage_hour where hour < ? order by hour desc limit 1)
        union all
        select (select u.hour from usage_hour u where u.hour < h.hour order by u.hour desc limit 1), n + 1 from h
        where n < 1000 and h.hour is not null)
      select min(hour) from h""";

  private final Connection connection;
  private final StatsFilter filter;
  private final StatsSpans spans;

  /** Where whole days that are done are read from, and how their time is called there. */
  private final String rolled;

  private final String rolledBy;

  private StatsQuery(Connection connection, StatsFilter filter, StatsSpans spans) {
    this.connection = connection;
    this.filter = filter;
    this.spans = spans;
    boolean hours = filter.by() == GroupBy.HOUR;
    rolled = hours ? "usage_hour_total" : "usage_day";
    rolledBy = hours ? "hour" : "day";
  }

  static UsageStats ask(Connection connection, StatsFilter filter) throws SQLException {
    if (filter.by() != GroupBy.HOUR || filter.isOfAll()) {
      return whole(connection, filter, done(connection, filter));
    }
    StatsFilter all = filter.by(GroupBy.UPSTREAM); // the hours below may not be all of them
    UsageStats total = whole(connection, all, done(connection, all));
    if (!total.gone().isEmpty()) {
      return total;
    }
    Instant from = newestHours(connection, filter);
    UsageStats hours = whole(connection, filter.since(from), List.of());
    return new UsageStats(
        new UsageTotals(total.totals().totals(), hours.totals().groups()),
        new UsageCosts(total.costs().total(), hours.costs().groups()),
        List.of());
  }

  private static UsageStats whole(Connection connection, StatsFilter filter, List<Instant> done)
      throws SQLException {
    StatsSpans spans = StatsSpans.of(filter.from(), filter.to(), done);
    StatsQuery query = new StatsQuery(connection, filter, spans);
    List<Instant> gone = query.gone();
    return gone.isEmpty() ? query.stats() : UsageStats.without(gone);
  }

  /** Before it are only hours for which there is no room. */
  private static Instant newestHours(Connection connection, StatsFilter filter)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(NEWEST_HOURS)) {
      select.setTimestamp(1, Timestamp.from(filter.to()));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        Timestamp hour = row.getTimestamp(1);
        boolean later = hour != null && hour.toInstant().isAfter(filter.from());
        return later ? hour.toInstant() : filter.from();
      }
    }
  }

  private static String sums() {
    return COLUMNS.stream()
        .map(column -> "sum(" + column + ") as " + column + ",")
        .collect(Collectors.joining(" "));
  }

  private static List<Instant> done(Connection connection, StatsFilter filter) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(DONE)) {
      select.setBoolean(1, filter.by() == GroupBy.HOUR);
      select.setTimestamp(2, Timestamp.from(filter.from()));
      select.setTimestamp(3, Timestamp.from(filter.to()));
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
    Map<String, Parts> parts = new LinkedHashMap<>();
    List<UsageTotals.Group> groups = groups(parts);
    UsageTotals.Sums total = groups.remove(0).sums();
    if (filter.by().isTime()) {
      Collections.reverse(groups);
    }
    addCosts(parts);
    Map<String, UsageCosts.Cost> costs = new LinkedHashMap<>();
    parts.forEach((key, part) -> costs.put(key, part.cost()));
    UsageCosts.Cost whole = costs.remove(TOTAL);
    return new UsageStats(new UsageTotals(total, groups), new UsageCosts(whole, costs), List.of());
  }

  /** The total first. */
  private List<UsageTotals.Group> groups(Map<String, Parts> parts) throws SQLException {
    Lines lines = new Lines();
    String done = filter.by() == GroupBy.HOUR ? DONE_HOURS : DONE_LINES;
    lines.add(done.replace("ROLLED", rolled), rolledBy, spans.days());
    lines.add(HOUR_LINES, "hour", spans.hours());
    lines.add(ROW_LINES.replace("ROWS", ROWS), "started_at", spans.rows());
    try (PreparedStatement select = connection.prepareStatement(lines.in(SUMS))) {
      lines.bind(select);
      try (ResultSet rows = select.executeQuery()) {
        List<UsageTotals.Group> groups = new ArrayList<>();
        while (rows.next()) {
          Parts of = new Parts(held(rows, 11), held(rows, 12), held(rows, 13));
          parts.put(rows.getString(1), of);
          groups.add(new UsageTotals.Group(rows.getString(1), sums(rows)));
        }
        return groups;
      }
    }
  }

  private void addCosts(Map<String, Parts> parts) throws SQLException {
    Lines lines = new Lines();
    lines.add(DONE_COSTS.replace("ROLLED", rolled), rolledBy, spans.days());
    for (StatsSpans.Span hours : spans.hours()) {
      String costs =
          HOUR_COSTS
              .replace("FROM", hours.from().toString())
              .replace("TO", hours.to().toString())
              .replace("OF", filter.arguments());
      lines.add(costs, "hour", List.of(hours));
    }
    lines.add(ROW_COSTS.replace("ROWS", PRICED_ROWS), "started_at", spans.rows());
    try (PreparedStatement select = connection.prepareStatement(lines.in(COSTS))) {
      int at = lines.bind(select);
      Object[] keys = parts.keySet().stream().filter(Objects::nonNull).toArray();
      select.setArray(at, connection.createArrayOf("text", keys));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          parts.get(rows.getString(1)).add(rows);
        }
      }
    }
  }

  /** The tables that there is anything to read of; to plan for others takes longer than to read. */
  private final class Lines {
    private final List<String> tables = new ArrayList<>();

    private void add(String table, String time, List<StatsSpans.Span> within) {
      if (!within.isEmpty()) {
        tables.add(
            table
                .replace("KEY", filter.by().of(time))
                .replace("WITHIN", StatsSpans.within(time, within))
                .replace("FILTER", filter.conditions()));
      }
    }

    private String in(String pattern) {
      return pattern
          .replace("LINES", String.join("\nunion all\n", tables))
          .replace("GROUPS", filter.by() == GroupBy.HOUR ? "select * from lines" : GROUPS)
          .replace("KEY_TEXT", filter.by().text("key"))
          .replace(
              "ORDER", filter.by().isTime() ? "key desc" : "total_tokens desc, calls desc, key");
    }

    /** The filter's values for each of the tables; returns the number of the next parameter. */
    private int bind(PreparedStatement select) throws SQLException {
      int at = 1;
      for (int table = 0; table < tables.size(); table++) {
        for (String value : filter.values()) {
          select.setString(at++, value);
        }
      }
      return at;
    }
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
    private final long reported;
    private long unpriced;
    private long known;

    private Parts(long reported, long unpriced, long known) {
      this.reported = reported;
      this.unpriced = unpriced;
      this.known = known;
    }

    private void add(ResultSet row) throws SQLException {
      unpriced += held(row, 4);
      known += held(row, 5);
      if (row.getString(2) != null) {
        amounts.add(new UsageCosts.Amount(row.getString(2), row.getBigDecimal(3)));
      }
    }

    private UsageCosts.Cost cost() {
      return new UsageCosts.Cost(List.copyOf(amounts), unpriced + Math.max(reported - known, 0));
    }
  }
}
