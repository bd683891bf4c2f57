package dev.tailtap.store;

import java.math.BigInteger;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What the rows say of some days and upstreams, by model, and by what may tell why a provider
 * counts otherwise. Reads rows and no sums, so it may take minutes; changes nothing. Blocks.
 */
public final class ModelDays {
  /**
   * Rows that are alike. A row is that of a call which a provider may count: a POST, or whatever
   * brought usage.
   *
   * @param responseModel empty: no answer named one
   * @param askedModel what the upstream was asked for; empty: unknown
   * @param input null where none has it; likewise the next two
   */
  public record Group(
      LocalDate day,
      String responseModel,
      String askedModel,
      String usageState,
      String outcome,
      boolean further,
      boolean undelivered,
      long calls,
      BigInteger input,
      BigInteger cached,
      BigInteger output) {}

  /** Behind them come those with the fewest rows and without usage: names that nobody serves. */
  private static final int MOST_GROUPS = 50_000;

  private static final int PATIENCE_MILLIS = 600_000;

  private static final String ROWS =
      """
      select coalesce(response_model, ''), coalesce(sent_model, request_model, ''), coalesce(usage_state, ''),
        coalesce(outcome, ''), coalesce(attempt, 1) > 1, delivered is false, count(*),
        sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens)
      from usage_record
      where started_at >= ? and started_at < ? and upstream = any(?) and coalesce(dialect, '') <> all(?)
        and (method = 'POST' or usage_state in ('final', 'partial', 'repeated'))
      group by 1, 2, 3, 4, 5, 6
      order by coalesce(usage_state, '') in ('final', 'partial') desc, 7 desc limit\s"""
          + MOST_GROUPS;

  private ModelDays() {}

  /**
   * Asks, day by day, in one snapshot.
   *
   * @param to the day behind the last
   * @param leftOut dialects that do not count
   */
  public static List<Group> of(
      DatabaseAddress address,
      LocalDate from,
      LocalDate to,
      Collection<String> upstreams,
      Collection<String> leftOut)
      throws DatabaseAwayException {
    try (Connection connection = address.connect()) {
      connection.setAutoCommit(false);
      connection.setReadOnly(true);
      connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
      try (Statement set = connection.createStatement()) {
        set.execute("set transaction isolation level repeatable read");
        set.execute("set local statement_timeout = '9min'");
      }
      List<Group> groups = new ArrayList<>();
      for (LocalDate day = from; day.isBefore(to); day = day.plusDays(1)) {
        add(groups, connection, day, upstreams, leftOut);
      }
      connection.rollback();
      return groups;
    } catch (SQLException failure) {
      throw new DatabaseAwayException(failure);
    }
  }

  private static void add(
      List<Group> groups,
      Connection connection,
      LocalDate day,
      Collection<String> upstreams,
      Collection<String> leftOut)
      throws SQLException {
    Array from = connection.createArrayOf("text", upstreams.toArray());
    Array without = connection.createArrayOf("text", leftOut.toArray());
    try (PreparedStatement select = connection.prepareStatement(ROWS)) {
      select.setTimestamp(1, start(day));
      select.setTimestamp(2, start(day.plusDays(1)));
      select.setArray(3, from);
      select.setArray(4, without);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          groups.add(group(day, rows));
        }
      }
    }
  }

  private static Timestamp start(LocalDate day) {
    return Timestamp.from(day.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  private static Group group(LocalDate day, ResultSet row) throws SQLException {
    return new Group(
        day,
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getBoolean(5),
        row.getBoolean(6),
        row.getLong(7),
        sum(row, 8),
        sum(row, 9),
        sum(row, 10));
  }

  private static BigInteger sum(ResultSet row, int column) throws SQLException {
    return row.getBigDecimal(column) == null ? null : row.getBigDecimal(column).toBigInteger();
  }
}
