package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Billed;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Stats;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Costs of the rows and of the sums beside a computation of their own, to the last digit. */
@ExtendWith(TestServer.class)
final class CostsTest {
  private static final String OF_ROWS =
      "select coalesce(sum(cost), 0) || ' ' || count(*) filter (where priced = 'unpriced') from usage_cost";
  private static final String OF_SUMS =
      "select coalesce(sum(cost), 0) || ' ' || coalesce(sum(calls) filter (where priced = 'unpriced'), 0) from usage_price_hour_cost";

  @Test
  void agreesToTheLastDigitFromRowsAndFromSums(TestDatabase database) throws Exception {
    PricedCalls calls = new PricedCalls(new Random(17));
    List<UsageRecord> records = calls.generate(1_200);
    write(database, records);
    for (String price : PricedCalls.PRICES) {
      database.execute(price);
    }
    Map<String, BigDecimal> expected = new HashMap<>();
    Map<String, BigDecimal> byUpstream = new TreeMap<>();
    int unpriced = 0;
    for (UsageRecord record : records) {
      BigDecimal cost = PricedCalls.cost(record);
      expected.put(record.id().toString(), cost);
      unpriced += cost == null ? 1 : 0;
      byUpstream.merge(
          record.call().upstream(), cost == null ? BigDecimal.ZERO : cost, BigDecimal::add);
    }
    assertTrue(unpriced > 20 && unpriced < 600, unpriced + " are unpriced");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select id, cost, priced from usage_cost")) {
      int seen = 0;
      while (rows.next()) {
        BigDecimal cost = expected.get(rows.getString(1));
        BigDecimal found = rows.getBigDecimal(2);
        assertTrue(
            cost == null ? found == null : found != null && cost.compareTo(found) == 0,
            () -> cost + " and not " + found);
        assertEquals(cost == null, "unpriced".equals(rows.getString(3)));
        seen++;
      }
      assertEquals(records.size(), seen);
    }
    byUpstream.replaceAll((upstream, cost) -> cost.stripTrailingZeros());
    assertEquals(byUpstream, costs(database, "usage_cost"));
    assertEquals(byUpstream, costs(database, "usage_price_hour_cost"));
    try (Database reading = new Database(database.address(), 1)) {
      UsageCosts costs =
          new UsageQueries(reading).stats(StatsFilter.span(null, null, GroupBy.UPSTREAM)).costs();
      assertEquals(unpriced, costs.total().unpricedCalls());
      assertEquals(byUpstream.size(), costs.groups().size());
      for (String upstream : byUpstream.keySet()) {
        BigDecimal sum =
            costs.of(upstream).amounts().stream()
                .map(UsageCosts.Amount::cost)
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        assertEquals(0, byUpstream.get(upstream).compareTo(sum));
      }
    }
  }

  @Test
  void costsNothingWhereAnotherRowHasTheUsage(TestDatabase database) throws Exception {
    write(database, new PricedCalls(new Random(1)).generate(50));
    String before = database.ask(OF_ROWS);
    database.execute(
        "insert into usage_record (id, started_at, upstream, response_model, usage_state, prompt_tokens) "
            + "values ('00000000-0000-0000-0000-000000000001', '2026-10-01Z', 'openai', 'none', 'repeated', 5)");
    assertEquals(before, database.ask(OF_ROWS));
    assertEquals(
        "repeated", database.ask("select priced from usage_cost where usage_state = 'repeated'"));
  }

  @Test
  void countsWhatAnOlderRelayWroteAsUnpricedInTheSumsAndPricesItsRows(TestDatabase database)
      throws Exception {
    write(database, List.of());
    database.execute(PricedCalls.PRICES.get(0));
    database.execute(
        """
        insert into usage_record (id, started_at, upstream, response_model, usage_state, prompt_tokens, completion_tokens)
          values ('00000000-0000-0000-0000-000000000001', '2026-10-01T10:00:00Z', 'openai', 'gpt-5', 'final', 1000000, 10);
        insert into usage_hour (hour, tenant, upstream, model, calls, calls_with_usage, prompt_tokens, completion_tokens,
            total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens)
          values ('2026-10-01T10:00:00Z', '', 'openai', 'gpt-5', 1, 1, 1000000, 10, 0, 0, 0, 0)""");
    assertEquals("1.2501", database.ask("select trim_scale(cost) from usage_cost"));
    try (Database reading = new Database(database.address(), 1)) {
      UsageCosts costs =
          new UsageQueries(reading).stats(StatsFilter.span(null, null, GroupBy.MODEL)).costs();
      assertEquals(new UsageCosts.Cost(List.of(), 1), costs.total());
      assertEquals(1, costs.of("gpt-5").unpricedCalls());
    }
  }

  @Test
  void holdsCountsThatNoLongHoldsTheSumOf(TestDatabase database) throws Exception {
    write(database, List.of());
    database.execute(PricedCalls.PRICES.get(0));
    List<UsageRecord> records = new ArrayList<>();
    for (int number = 0; number < 3; number++) {
      records.add(
          PricedCalls.call(
              number,
              Instant.parse("2026-10-01T10:00:00Z"),
              "openai",
              "gpt-5",
              PricedCalls.tokens(
                  Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE),
              Billed.NONE));
    }
    write(database, records);
    assertEquals(database.ask(OF_ROWS), database.ask(OF_SUMS));
  }

  @Test
  void sumsWhatIsBeyondTheGroupsOfAnHourWithoutAPrice(TestDatabase database) throws Exception {
    List<UsageRecord> records = new PricedCalls(new Random(3)).generate(300);
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      UsageInsert insert = new UsageInsert(1, 0, new Stats());
      insert.write(connection, records);
      insert.write(connection, records);
    }
    assertEquals("300", database.ask("select sum(calls) from usage_price_hour"));
    assertTrue(
        Integer.parseInt(
                database.ask("select count(*) from usage_price_hour where service_tier = '~other'"))
            > 0);
  }

  @Test
  void refusesTwoPricesForOneThingAtOneTime(TestDatabase database) throws Exception {
    write(database, List.of());
    database.execute("insert into model_price (model, input) values ('m', 1)");
    for (String wrong :
        List.of(
            "insert into model_price (model, input) values ('m', 2)",
            "insert into model_price (model, valid) values ('m', '[2026-01-01Z,2026-02-01Z)')",
            "insert into model_price (model, valid) values ('x', '[2026-01-01T00:30Z,)')",
            "insert into model_price (model, valid) values ('x', '(2026-01-01Z,)')",
            "insert into model_price (model, valid) values ('x', 'empty')",
            "insert into model_price (model, over) values ('x', 123456)",
            "insert into model_price (model, input) values ('x', -1)",
            "insert into model_price (model) values ('X')")) {
      assertThrows(SQLException.class, () -> database.execute(wrong), wrong);
    }
    database.execute("update model_price set known = tstzrange(lower(known), now())");
    database.execute("insert into model_price (model, input) values ('m', 2)");
    database.execute("insert into model_price (model, input, tier) values ('m', 2, 'flex')");
    assertEquals("3", database.ask("select count(*) from model_price"));
  }

  private static Map<String, BigDecimal> costs(TestDatabase database, String view)
      throws SQLException {
    Map<String, BigDecimal> costs = new TreeMap<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select upstream, coalesce(sum(cost), 0) from " + view + " group by 1")) {
      while (rows.next()) {
        costs.put(rows.getString(1), rows.getBigDecimal(2));
      }
    }
    costs.replaceAll((upstream, cost) -> cost.stripTrailingZeros());
    return costs;
  }

  private static void write(TestDatabase database, List<UsageRecord> records) throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      for (int from = 0; from < records.size(); from += 100) {
        new UsageInsert(10_000, 0, new Stats())
            .write(connection, records.subList(from, Math.min(records.size(), from + 100)));
      }
    }
  }
}
