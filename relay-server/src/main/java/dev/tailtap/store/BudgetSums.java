package dev.tailtap.store;

import java.math.BigDecimal;
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

/**
 * What was used in some spans of time, by tenant and upstream, in one look: of whole days that are
 * worked out from their sums, else from those of the hours, and of parts of hours from the rows.
 * One thread; the calls block for twelve seconds at most.
 */
public final class BudgetSums {
  /** Of tenants that have used less nobody needs to know. */
  private static final int MOST = 200_000;

  private static final String DONE =
      "select day from usage_rollup where done and day >= ? and day < ? order by day";

  private static final String ALL =
      """
      select span, tenant, upstream, currency, sum(amount) from (
      ARMS
      ) arms group by 1, 2, 3, 4 having sum(amount) > 0 order by 5 desc limit\s"""
          + MOST;

  private static final String TOKENS =
      "select %d as span, tenant, upstream, null::text as currency, sum(total_tokens) as amount"
          + " from %s where %s group by 2, 3";

  private static final String MONEY =
      "select %d as span, tenant, upstream, currency, sum(cost) as amount from %s where %s"
          + " group by 2, 3, 4";

  private static final String ROWS =
      "(select started_at, left(coalesce(tenant, ''), 200) as tenant,"
          + " left(coalesce(upstream, ''), 200) as upstream, %s from %s where %s) rows";

  private final Database database;
  private final Commits commits;

  BudgetSums(Database database, Commits commits) {
    this.database = database;
    this.commits = commits;
  }

  /**
   * From one time to before another.
   *
   * @param money whether what calls cost is asked, or their tokens
   */
  public record Span(Instant from, Instant to, boolean money) {}

  /** One sum; the currency is null for tokens. */
  public record Sum(String tenant, String upstream, String currency, BigDecimal amount) {}

  /**
   * Asks.
   *
   * @param snapshot run while it is certain which rows of this process the answer has: those that
   *     were told of as stored by then
   */
  public Map<Span, List<Sum>> ask(List<Span> spans, Runnable snapshot)
      throws DatabaseAwayException {
    try (Connection connection = database.connectToRead()) {
      try {
        connection.setReadOnly(true);
        commits.exclude(() -> snapshot(connection, snapshot));
        return spans.isEmpty() ? Map.of() : sums(connection, spans);
      } finally {
        connection.rollback();
      }
    } catch (SQLException failure) {
      throw new DatabaseAwayException(failure);
    }
  }

  /** With its first query a transaction has its snapshot. */
  private static void snapshot(Connection connection, Runnable told) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set transaction isolation level repeatable read");
      statement.execute("set local statement_timeout = '10s'; set local lock_timeout = '2s'");
      statement.execute("select 1 from usage_hour limit 1");
    }
    told.run();
  }

  private static Map<Span, List<Sum>> sums(Connection connection, List<Span> spans)
      throws SQLException {
    Map<Span, List<Sum>> sums = new LinkedHashMap<>();
    List<String> arms = new ArrayList<>();
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      sums.put(span, new ArrayList<>());
      StatsSpans parts = StatsSpans.of(span.from(), span.to(), done(connection, span));
      arms.addAll(span.money() ? money(i, parts) : tokens(i, parts));
    }
    String sql = ALL.replace("ARMS", String.join("\nunion all\n", arms));
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        sums.get(spans.get(rows.getInt(1)))
            .add(
                new Sum(
                    rows.getString(2),
                    rows.getString(3),
                    rows.getString(4),
                    rows.getBigDecimal(5)));
      }
    }
    return sums;
  }

  private static List<Instant> done(Connection connection, Span span) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(DONE)) {
      select.setTimestamp(1, Timestamp.from(span.from()));
      select.setTimestamp(2, Timestamp.from(span.to()));
      try (ResultSet rows = select.executeQuery()) {
        List<Instant> days = new ArrayList<>();
        while (rows.next()) {
          days.add(rows.getTimestamp(1).toInstant());
        }
        return days;
      }
    }
  }

  private static List<String> tokens(int span, StatsSpans parts) {
    String rows =
        ROWS.formatted("total_tokens", "usage_record", within(parts.rows(), "started_at"));
    return List.of(
        TOKENS.formatted(span, "usage_day", within(parts.days(), "day")),
        TOKENS.formatted(span, "usage_hour", within(parts.hours(), "hour")),
        TOKENS.formatted(span, rows, "true"));
  }

  private static List<String> money(int span, StatsSpans parts) {
    List<String> arms = new ArrayList<>();
    arms.add(MONEY.formatted(span, "usage_day_cost", within(parts.days(), "day")));
    for (StatsSpans.Span hours : parts.hours()) {
      String costs =
          "tailtap_costs_of_hours('%s', '%s', null, null, null)"
              .formatted(hours.from(), hours.to());
      arms.add(MONEY.formatted(span, costs, "cost is not null"));
    }
    String rows =
        ROWS.formatted("currency, cost", "usage_cost", within(parts.rows(), "started_at"));
    arms.add(MONEY.formatted(span, rows, "cost is not null"));
    return arms;
  }

  private static String within(List<StatsSpans.Span> spans, String column) {
    return StatsSpans.within(column, spans);
  }
}
