package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works out the sums and costs of whole days, and of each of their hours over all groups, from
 * those of the groups of each hour, the newest day first, an hour after its end by the database's
 * clock. A day is claimed at a moment at which nobody changes sums; from then on each change takes
 * the claim out (triggers of schema.sql), and without it nothing is committed. So what is called
 * done is right at any time, whoever writes. The writer's thread.
 */
final class DayRollup {
  private static final Logger LOG = LoggerFactory.getLogger(DayRollup.class);
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Nearly three years; what a wrong clock made before or later is summed by hours. */
  private static final String MISSING =
      """
      select d from (select date_trunc('day', now() - interval '1 hour', 'UTC') as today) t,
        generate_series(t.today - interval '24 hours', t.today - 1000 * interval '24 hours', interval '-24 hours') as d
      where not exists (select from usage_rollup c where c.day = d and (c.done and c.hours or c.at > now() - interval '10 minutes'))
        and exists (select from usage_hour h where h.hour >= d and h.hour < d + interval '24 hours')
      order by d desc limit 1
      """;

  private static final String CLAIM =
      """
      insert into usage_rollup as r (day, token, at, done) values (?, ?::uuid, now(), false)
      on conflict (day) do update set token = excluded.token, at = excluded.at, done = false, hours = false
      where not (r.done and r.hours) and r.at <= now() - interval '10 minutes'
      """;

  private static final String WORK =
      """
      delete from usage_day where day = DAY;
      delete from usage_day_cost where day = DAY;
      delete from usage_hour_total where hour >= DAY and hour < DAY + interval '24 hours';
      delete from usage_hour_total_cost where hour >= DAY and hour < DAY + interval '24 hours';
      insert into usage_day select DAY, tenant, upstream, model, sum(calls), sum(calls_with_usage), sum(prompt_tokens), sum(completion_tokens),
        sum(total_tokens), sum(cached_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(delivered), 0, 0
      from usage_hour where hour >= DAY and hour < DAY + interval '24 hours' group by tenant, upstream, model;
      with costs as materialized (
        select hour, tenant, upstream, model, currency, sum(cost) as cost, coalesce(sum(calls) filter (where priced = 'unpriced'), 0) as unpriced,
          sum(calls_with_usage) as known
        from tailtap_costs_of_hours(DAY, DAY + interval '24 hours', null, null, null) group by 1, 2, 3, 4, 5),
      amounts as (
        insert into usage_day_cost select DAY, tenant, upstream, model, currency, sum(cost) from costs
          where currency is not null group by tenant, upstream, model, currency),
      hour_amounts as (
        insert into usage_hour_total_cost select hour, currency, sum(cost) from costs where currency is not null group by hour, currency),
      hours as (
        insert into usage_hour_total select h.hour, sum(calls), sum(calls_with_usage), sum(prompt_tokens), sum(completion_tokens),
          sum(total_tokens), sum(cached_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(delivered),
          coalesce(c.unpriced, 0), coalesce(c.known, 0)
        from usage_hour h left join (select hour, sum(unpriced) as unpriced, sum(known) as known from costs group by hour) c on c.hour = h.hour
        where h.hour >= DAY and h.hour < DAY + interval '24 hours' group by h.hour, c.unpriced, c.known)
      insert into usage_day select DAY, tenant, upstream, model, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(unpriced), sum(known)
      from costs group by tenant, upstream, model
      on conflict (day, tenant, upstream, model) do update set unpriced = excluded.unpriced, known = excluded.known;
      """;

  private static final String DONE =
      "update usage_rollup set done = true, hours = true where day = ? and token = ?::uuid and not done";

  private final LongSupplier nanos;

  DayRollup(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * Works out days that are missing, for a second or a day.
   *
   * @return whether there may be more
   */
  boolean look(Connection connection) {
    long start = nanos.getAsLong();
    int days = 0;
    try {
      do {
        UUID token = UUID.randomUUID();
        Instant day = missing(connection);
        if (day == null) {
          return false;
        }
        days += claim(connection, day, token) && work(connection, day, token) ? 1 : 0;
      } while (nanos.getAsLong() - start < LONGEST.toNanos());
      LOG.debug("event=days_rolled_up days={}", days);
      return true;
    } catch (SQLException failure) {
      Database.rollBack(connection, failure);
      LOG.warn("event=days_not_rolled_up reason=\"{}\"", FailureKind.reasonOf(failure));
      return false;
    }
  }

  private static Instant missing(Connection connection) throws SQLException {
    UsageInsert.limitTimes(connection);
    try (Statement select = connection.createStatement();
        ResultSet found = select.executeQuery(MISSING)) {
      return found.next() ? found.getTimestamp(1).toInstant() : null;
    } finally {
      connection.rollback();
    }
  }

  /** The lock waits for changes that are under way and is held for no longer than the claim. */
  static boolean claim(Connection connection, Instant day, UUID token) throws SQLException {
    UsageInsert.limitTimes(connection);
    try (Statement lock = connection.createStatement()) {
      lock.execute("set local lock_timeout = '1s'");
      lock.execute("lock table usage_rollup in share row exclusive mode");
    }
    int claimed;
    try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
      claim.setTimestamp(1, Timestamp.from(day));
      claim.setString(2, token.toString());
      claimed = claim.executeUpdate();
    }
    connection.commit();
    return claimed == 1;
  }

  /** False: the claim is gone, and nothing was done. */
  static boolean work(Connection connection, Instant day, UUID token) throws SQLException {
    UsageInsert.limitTimes(connection);
    try (Statement work = connection.createStatement()) {
      work.execute(WORK.replace("DAY", "'" + day + "'::timestamptz"));
    }
    try (PreparedStatement done = connection.prepareStatement(DONE)) {
      done.setTimestamp(1, Timestamp.from(day));
      done.setString(2, token.toString());
      if (done.executeUpdate() == 1) {
        connection.commit();
        return true;
      }
    }
    connection.rollback();
    return false;
  }
}
