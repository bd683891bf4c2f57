package dev.tailtap.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The one statement of a batch, its text the same for every size: it inserts the rows that are not
 * there yet and adds exactly those to the hourly sums, so that sending a batch again changes
 * nothing. A call among the dead letters is there already, too. No caller makes groups at will:
 * what was refused has none of its own, and an hour has only so many. A usage that is known by a
 * name is counted once, in the row that comes first. Rows and sums are visited in the order of
 * their keys, so that two relays cannot deadlock.
 */
final class UsageInsert {
  private static final Column[] COLUMNS = Column.values();
  private static final int LONGEST_KEY = 400;

  /** CAP stands for a number. */
  private static final String SQL =
      """
      with u as materialized (
        select *, left(coalesce(upstream, ''), 200) as counted_at
        from unnest(%s, ?::text[], ?::bool[]) as u(%s, counted_as, retrieves)
        where not exists (select from usage_dead_letter d where d.id = u.id)),
      counted as (
        insert into usage_counted as c (upstream, response, id, retrieved, at)
        select distinct on (1, 2) u.counted_at, u.counted_as, u.id, u.retrieves,
          'epoch'::timestamptz + u.started_at * interval '1 microsecond'
        from u where u.counted_as is not null order by 1, 2, u.started_at, u.id
        on conflict (upstream, response) do update set id = c.id
        returning upstream, response, id, retrieved),
      ins as (
        insert into usage_record (%s)
        select %s
        from (
          select u.*, c.id is not null and c.id <> u.id and (u.retrieves or c.retrieved) as repeated
          from u left join counted c on c.upstream = u.counted_at and c.response = u.counted_as) u
        order by u.started_at, u.id
        on conflict do nothing
        returning started_at, tenant, upstream, response_model, request_model,
          http_status, prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, delivered,
          PRICE_COLUMNS),
      answered as (
        select *, (http_status is null or http_status >= 400)
          and num_nonnulls(prompt_tokens, completion_tokens, total_tokens) = 0 as refused from ins),
      named as materialized (
        select date_trunc('hour', started_at, 'UTC') as hour,
          case when refused and http_status in (401, 403) then '' else left(coalesce(tenant, ''), 200) end as tenant,
          left(coalesce(upstream, ''), 200) as upstream,
          case when refused then '' else left(coalesce(nullif(response_model, ''), request_model, ''), 200) end as model,
          prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, delivered,
          PRICE_COLUMNS
        from answered),
      sums as materialized (
        select hour, tenant, upstream, model, count(*) as calls,
          count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0) as calls_with_usage,
          coalesce(sum(prompt_tokens), 0) as prompt_tokens, coalesce(sum(completion_tokens), 0) as completion_tokens,
          coalesce(sum(total_tokens), 0) as total_tokens, coalesce(sum(cached_tokens), 0) as cached_tokens,
          coalesce(sum(cache_write_tokens), 0) as cache_write_tokens, coalesce(sum(reasoning_tokens), 0) as reasoning_tokens,
          count(*) filter (where delivered) as delivered
        from named group by 1, 2, 3, 4),
      fresh as materialized (
        select s.hour, s.tenant, s.upstream, s.model,
          row_number() over (partition by s.hour order by s.calls desc, s.tenant, s.upstream, s.model) as place
        from sums s left join lateral (
          select true as there from usage_hour h
          where h.hour = s.hour and h.tenant = s.tenant and h.upstream = s.upstream and h.model = s.model limit 1) k on true
        where k.there is null and s.tenant <> '~other'),
      room as materialized (
        select f.hour, CAP - (select count(*) from (select from usage_hour h where h.hour = f.hour limit CAP) c) as places
        from (select distinct hour from fresh) f),
      rest as materialized (
        select f.hour, f.tenant, f.upstream, f.model from fresh f join room r on r.hour = f.hour where f.place > r.places),
      added as (
        insert into usage_hour as h (hour, tenant, upstream, model, calls, calls_with_usage,
          prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, delivered)
        select s.hour, case when r.hour is null then s.tenant else '~other' end, s.upstream,
          case when r.hour is null then s.model else '~other' end, sum(s.calls), sum(s.calls_with_usage),
          sum(s.prompt_tokens), sum(s.completion_tokens), sum(s.total_tokens),
          sum(s.cached_tokens), sum(s.cache_write_tokens), sum(s.reasoning_tokens), sum(s.delivered)
        from sums s left join rest r using (hour, tenant, upstream, model)
        group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (hour, tenant, upstream, model) do update set
          calls = h.calls + excluded.calls,
          calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
          prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
          completion_tokens = h.completion_tokens + excluded.completion_tokens,
          total_tokens = h.total_tokens + excluded.total_tokens,
          cached_tokens = h.cached_tokens + excluded.cached_tokens,
          cache_write_tokens = h.cache_write_tokens + excluded.cache_write_tokens,
          reasoning_tokens = h.reasoning_tokens + excluded.reasoning_tokens,
          delivered = h.delivered + excluded.delivered),
      PRICE_SUMS
      select (select count(*) from ins),
        (select coalesce(sum(s.calls), 0) from sums s join rest using (hour, tenant, upstream, model))
      """
          .formatted(
              each(column -> "?::" + column.type() + "[]"),
              each(Column::label),
              each(Column::label),
              each(UsageInsert::selected))
          .replace("PRICE_COLUMNS", PriceSums.COLUMNS)
          .replace("PRICE_SUMS", PriceSums.SQL);

  private final String sql;
  private final Stats stats;

  /**
   * Prepares it.
   *
   * @param hourGroups most groups that an hour's sums have; further ones are summed as {@code
   *     ~other}. Statements that run at the same time do not see each other's new groups.
   */
  UsageInsert(int hourGroups, Stats stats) {
    this.sql = SQL.replace("CAP", Integer.toString(hourGroups));
    this.stats = stats;
  }

  /**
   * Writes the records in one transaction of their own and commits it.
   *
   * @return how many were not there before
   */
  int write(Connection connection, List<UsageRecord> records) throws SQLException {
    Inserted done = insert(connection, records);
    connection.commit();
    if (done.rest() > 0) {
      stats.add(Metric.HOUR_REST, done.rest());
    }
    return done.rows();
  }

  /**
   * What one statement did.
   *
   * @param rest how many of the rows were summed as {@code ~other}
   */
  record Inserted(int rows, long rest) {}

  /** Writes the records in the transaction that the caller has begun, and leaves its end to it. */
  Inserted insert(Connection connection, List<UsageRecord> records) throws SQLException {
    limitTimes(connection);
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      bind(connection, insert, records);
      try (ResultSet count = insert.executeQuery()) {
        count.next();
        return new Inserted(count.getInt(1), count.getLong(2));
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
    String[] countedAs = new String[records.size()];
    Boolean[] retrieves = new Boolean[records.size()];
    for (int r = 0; r < countedAs.length; r++) {
      countedAs[r] = countedAs(records.get(r));
      retrieves[r] = records.get(r).retrieves();
    }
    insert.setArray(COLUMNS.length + 1, connection.createArrayOf("text", countedAs));
    insert.setArray(COLUMNS.length + 2, connection.createArrayOf("bool", retrieves));
  }

  /** No longer than a key of an index may be, and two that differ do not become one. */
  private static String countedAs(UsageRecord record) {
    String whole = CleanText.of(record.countedAs());
    return whole == null || whole.length() <= LONGEST_KEY
        ? whole
        : whole.substring(0, LONGEST_KEY - 36) + UUID.nameUUIDFromBytes(whole.getBytes(UTF_8));
  }

  private static String selected(Column column) {
    if (column == Column.USAGE_STATE) {
      return "case when u.repeated then 'repeated' else u.usage_state end";
    }
    if (column.isCounted()) {
      return "case when not u.repeated then u." + column.label() + " end";
    }
    return column.isTime()
        ? "'epoch'::timestamptz + u." + column.label() + " * interval '1 microsecond'"
        : "u." + column.label();
  }

  private static String each(Function<Column, String> text) {
    return Arrays.stream(COLUMNS).map(text).collect(Collectors.joining(", "));
  }
}
