package dev.tailtap.store;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * What closed months cost: worked out, stored once with the prices that made it, and read again.
 * The rows say it where they are all there, else the hourly sums. Blocks; a command's thread.
 */
public final class Invoices implements AutoCloseable {
  private static final String LINE =
      "tenant, upstream, model, service_tier, geo, speed, priced, currency";
  private static final String COUNTS =
      "input, cache_read, cache_write, cache_write_1h, audio_in, image_in, output, reasoning, audio_out, image_out";

  /** VIEW and TIME are those of the rows or of the sums. */
  private static final String COMPUTE =
      """
      select coalesce(tenant, '') as tenant, coalesce(upstream, '') as upstream, model, tailtap_mode(service_tier) as service_tier,
        tailtap_mode(geo) as geo, tailtap_mode(speed) as speed, priced, coalesce(currency, '') as currency, sum(calls) as calls,
        jsonb_build_object(PAIRS) as counts, sum(cost) as cost, array_remove(array_agg(distinct price), null) as prices
      from VIEW where TIME >= ? and TIME < ? and priced in ('listed', 'stated', 'unpriced') and (?::text is null or coalesce(tenant, '') = ?)
      group by 1, 2, 3, 4, 5, 6, 7, 8"""
          .replace("PAIRS", COUNTS.replaceAll("(\\w+)", "'$1', sum($1)"));

  private static final String STORE =
      "insert into invoice_line (invoice, LINE, calls, counts, cost, prices) select ?, LINE, calls, counts, cost, coalesce((select jsonb_agg(to_jsonb(p) order by p.id) from model_price p where p.id = any (c.prices)), '[]') from (COMPUTE) c"
          .replace("LINE", LINE);

  private final Database database;
  private final Connection connection;

  /** Connects. */
  public Invoices(DatabaseAddress address) throws SQLException {
    database = new Database(address, 1);
    connection = database.connectDirectly();
    connection.setNetworkTimeout(Runnable::run, 0);
    Schema.apply(connection);
  }

  /**
   * One line.
   *
   * @param currency empty where something has no price
   * @param cost null where something has no price
   */
  public record Line(
      String tenant,
      String upstream,
      String model,
      String mode,
      String priced,
      String currency,
      long calls,
      BigDecimal cost) {
    /** Whether both are of the same thing, however much it cost. */
    public boolean isOf(Line other) {
      return tenant.equals(other.tenant)
          && upstream.equals(other.upstream)
          && model.equals(other.model)
          && mode.equals(other.mode)
          && priced.equals(other.priced)
          && currency.equals(other.currency);
    }

    /** Whether both say the same. */
    public boolean says(Line other) {
      return isOf(other)
          && calls == other.calls
          && (cost == null
              ? other.cost == null
              : other.cost != null && cost.compareTo(other.cost) == 0);
    }
  }

  /**
   * A month.
   *
   * @param madeAt when it was stored, as text
   * @param source rows or sums
   */
  public record Invoice(String madeAt, String source, List<Line> lines) {}

  /** The one that is stored; null: none is. */
  public Invoice stored(YearMonth month, String tenant) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select id, made_at, source from invoice where month = ? and tenant is not distinct from ?")) {
      select.setObject(1, month.atDay(1));
      select.setString(2, tenant);
      try (ResultSet found = select.executeQuery()) {
        if (!found.next()) {
          return null;
        }
        String lines =
            "select "
                + LINE
                + ", calls, cost from invoice_line where invoice = "
                + found.getLong(1);
        return new Invoice(
            found.getTimestamp(2).toInstant().toString(),
            found.getString(3),
            lines(lines, null, null));
      }
    } finally {
      connection.rollback();
    }
  }

  /** Works it out by what is believed now. */
  public Invoice computed(YearMonth month, String tenant) throws SQLException {
    try {
      String source = source(month, tenant);
      String sql = "select " + LINE + ", calls, cost from (" + compute(source) + ") c";
      return new Invoice(null, source, lines(sql, month, tenant));
    } finally {
      connection.rollback();
    }
  }

  /** Works it out and stores it. */
  public Invoice store(YearMonth month, String tenant) throws SQLException {
    try {
      String source = source(month, tenant);
      long id;
      try (PreparedStatement insert =
          connection.prepareStatement(
              "insert into invoice (month, tenant, source) values (?, ?, ?) returning id")) {
        insert.setObject(1, month.atDay(1));
        insert.setString(2, tenant);
        insert.setString(3, source);
        try (ResultSet made = insert.executeQuery()) {
          made.next();
          id = made.getLong(1);
        }
      }
      try (PreparedStatement insert =
          connection.prepareStatement(STORE.replace("COMPUTE", compute(source)))) {
        insert.setLong(1, id);
        span(insert, 2, month, tenant);
        insert.executeUpdate();
      }
      connection.commit();
    } catch (SQLException failure) {
      Database.rollBack(connection, failure);
      throw failure;
    }
    return stored(month, tenant);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    database.close();
  }

  /** Rows may have been deleted for their age, and sums may lack what an older relay wrote. */
  private String source(YearMonth month, String tenant) throws SQLException {
    try (Statement set = connection.createStatement()) {
      set.execute("set transaction isolation level repeatable read");
    }
    String rows =
        "select count(*) from usage_record where started_at >= ? and started_at < ? and (?::text is null or coalesce(tenant, '') = ?)"
            + " and num_nonnulls(prompt_tokens, completion_tokens, total_tokens) > 0";
    String sums =
        "select coalesce(sum(calls_with_usage), 0) from usage_price_hour where hour >= ? and hour < ? and (?::text is null or tenant = ?)";
    return number(rows, month, tenant) >= number(sums, month, tenant) ? "rows" : "sums";
  }

  private long number(String sql, YearMonth month, String tenant) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      span(select, 1, month, tenant);
      try (ResultSet found = select.executeQuery()) {
        found.next();
        return found.getLong(1);
      }
    }
  }

  private static String compute(String source) {
    return source.equals("rows")
        ? COMPUTE.replace("VIEW", "usage_cost").replace("TIME", "started_at")
        : COMPUTE.replace("VIEW", "usage_price_hour_cost").replace("TIME", "hour");
  }

  private static void span(PreparedStatement statement, int first, YearMonth month, String tenant)
      throws SQLException {
    statement.setObject(first, start(month.atDay(1)));
    statement.setObject(first + 1, start(month.plusMonths(1).atDay(1)));
    statement.setString(first + 2, tenant);
    statement.setString(first + 3, tenant);
  }

  private static OffsetDateTime start(LocalDate day) {
    return day.atStartOfDay().atOffset(ZoneOffset.UTC);
  }

  private List<Line> lines(String sql, YearMonth month, String tenant) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            sql + " order by tenant, upstream, model, 4, 5, 6, priced, currency")) {
      if (month != null) {
        span(select, 1, month, tenant);
      }
      try (ResultSet rows = select.executeQuery()) {
        List<Line> lines = new ArrayList<>();
        while (rows.next()) {
          lines.add(line(rows));
        }
        return lines;
      }
    }
  }

  private static Line line(ResultSet row) throws SQLException {
    String mode = (row.getString(4) + " " + row.getString(5) + " " + row.getString(6)).strip();
    return new Line(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        mode.replaceAll(" +", " "),
        row.getString(7),
        row.getString(8),
        row.getLong(9),
        row.getBigDecimal(10));
  }
}
