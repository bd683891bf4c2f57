package dev.tailtap.store;

import dev.tailtap.usage.UsageRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The one statement of a batch, its text the same for every size: it inserts the rows that are not
 * there yet and adds exactly those to the hourly sums, so that sending a batch again changes
 * nothing. A call among the dead letters is there already, too. Rows and sums are visited in the
 * order of their keys, so that two relays cannot deadlock.
 */
final class UsageInsert {
  private static final Column[] COLUMNS = Column.values();

  static final String SQL =
      """
      with ins as (
        insert into usage_record (%s)
        select %s
        from unnest(%s) as u(%s)
        where not exists (select from usage_dead_letter d where d.id = u.id)
        order by u.started_at, u.id
        on conflict do nothing
        returning started_at, tenant, upstream, response_model, request_model,
          prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens),
      added as (
        insert into usage_hour as h (hour, tenant, upstream, model, calls, calls_with_usage,
          prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens)
        select date_trunc('hour', started_at, 'UTC'), left(coalesce(tenant, ''), 200), left(coalesce(upstream, ''), 200),
          left(coalesce(nullif(response_model, ''), request_model, ''), 200), count(*),
          count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0),
          coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0), coalesce(sum(total_tokens), 0),
          coalesce(sum(cached_tokens), 0), coalesce(sum(cache_write_tokens), 0), coalesce(sum(reasoning_tokens), 0)
        from ins group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (hour, tenant, upstream, model) do update set
          calls = h.calls + excluded.calls,
          calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
          prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
          completion_tokens = h.completion_tokens + excluded.completion_tokens,
          total_tokens = h.total_tokens + excluded.total_tokens,
          cached_tokens = h.cached_tokens + excluded.cached_tokens,
          cache_write_tokens = h.cache_write_tokens + excluded.cache_write_tokens,
          reasoning_tokens = h.reasoning_tokens + excluded.reasoning_tokens)
      select count(*) from ins
      """
          .formatted(
              each(Column::label),
              each(UsageInsert::selected),
              each(column -> "?::" + column.type() + "[]"),
              each(Column::label));

  private UsageInsert() {}

  /**
   * Writes the records in one transaction of their own and commits it.
   *
   * @return how many were not there before
   */
  static int write(Connection connection, List<UsageRecord> records) throws SQLException {
    int inserted = insert(connection, records);
    connection.commit();
    return inserted;
  }

  /** The same without the commit. */
  static int insert(Connection connection, List<UsageRecord> records) throws SQLException {
    limitTimes(connection);
    try (PreparedStatement insert = connection.prepareStatement(SQL)) {
      bind(connection, insert, records);
      try (ResultSet count = insert.executeQuery()) {
        count.next();
        return count.getInt(1);
      }
    }
  }

  /** Two statements, because that is what passes a PgBouncer in between; gone with the commit. */
  static void limitTimes(Connection connection) throws SQLException {
    try (Statement set = connection.createStatement()) {
      set.execute("set local statement_timeout = '20s'");
      set.execute("set local lock_timeout = '5s'");
    }
  }

  private static void bind(
      Connection connection, PreparedStatement insert, List<UsageRecord> records)
      throws SQLException {
    for (int c = 0; c < COLUMNS.length; c++) {
      Column column = COLUMNS[c];
      Object[] values = column.array(records.size());
      for (int r = 0; r < values.length; r++) {
        values[r] = column.of(records.get(r));
      }
      insert.setArray(c + 1, connection.createArrayOf(column.type(), values));
    }
  }

  private static String selected(Column column) {
    return column.isTime()
        ? "'epoch'::timestamptz + u." + column.label() + " * interval '1 microsecond'"
        : "u." + column.label();
  }

  private static String each(Function<Column, String> text) {
    return Arrays.stream(COLUMNS).map(text).collect(Collectors.joining(", "));
  }
}
