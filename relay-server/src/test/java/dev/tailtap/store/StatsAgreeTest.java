package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.stats.Stats;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What /stats says of any span beside the rows of that span, whatever it was read from. */
@Lengthy
@ExtendWith(TestServer.class)
final class StatsAgreeTest {
  private static final Instant START = Instant.parse("2026-10-01T00:00:00Z");
  private static final List<GroupBy> KINDS = List.of(GroupBy.values());
  private static final int DAYS = 4;
  private static final String DONE = "select count(*) from usage_rollup where done";

  private final Random random = new Random(5);

  @Test
  void agreesWithTheRowsOfAnySpanBeforeAndAfterDaysAreSummed(TestDatabase database)
      throws Exception {
    fill(database);
    agrees(database, 6);
    rollUp(database, DAYS);
    agrees(database, 20);
  }

  @Test
  void aDayIsSummedAnewOnceItsRowsOrAPriceChanged(TestDatabase database) throws Exception {
    fill(database);
    rollUp(database, DAYS);
    write(database, shifted(new PricedCalls(new Random(9)).generate(20), 1));
    assertEquals(String.valueOf(DAYS - 1), database.ask(DONE));
    agrees(database, 8);
    rollUp(database, DAYS);
    String before = costs(database);
    database.execute("update model_price set input = input * 2 where model = 'gpt-5'");
    assertEquals("0", database.ask(DONE));
    assertNotEquals(before, costs(database));
    agrees(database, 5);
    rollUp(database, DAYS);
    agrees(database, 8);
    database.execute("delete from usage_hour where hour < '2026-10-01T01:00Z'");
    assertEquals(String.valueOf(DAYS - 1), database.ask(DONE));
  }

  @Test
  void aChangeWhileADayIsSummedIsNeverLost(TestDatabase database) throws Exception {
    fill(database);
    Instant day = START.plus(2, ChronoUnit.DAYS);
    try (Connection writer = database.connect();
        Connection rolling = database.connect()) {
      UsageInsert insert = new UsageInsert(10_000, 0, new Stats());
      insert.insert(writer, shifted(new PricedCalls(new Random(11)).generate(20), 2));
      assertThrows( // until the writer is through
          SQLException.class, () -> DayRollup.claim(rolling, day, new UUID(0, 1)));
      rolling.rollback();
      writer.commit();
      assertTrue(DayRollup.claim(rolling, day, new UUID(0, 2)));
      assertFalse(DayRollup.claim(rolling, day, new UUID(0, 3)), "another relay is at it");
      insert.write(writer, shifted(new PricedCalls(new Random(12)).generate(20), 2));
      assertFalse(DayRollup.work(rolling, day, new UUID(0, 2)));
      assertTrue(DayRollup.claim(rolling, day, new UUID(0, 4)));
      assertFalse(DayRollup.work(rolling, day, new UUID(0, 2)));
      assertTrue(DayRollup.work(rolling, day, new UUID(0, 4)));
    }
    assertEquals("1", database.ask(DONE));
    agrees(database, 6);
    rollUp(database, DAYS);
    agrees(database, 6);
  }

  @Test
  void aPartOfAnHourWhoseRowsAreDroppedIsRefusedAndTheWholeIsNot(TestDatabase database)
      throws Exception {
    fill(database);
    database.execute("delete from usage_record where started_at < '2026-10-02Z'");
    try (Database reading = new Database(database.address(), 1)) {
      UsageQueries queries = new UsageQueries(reading);
      Instant half = START.plusSeconds(5 * 3600 + 1800);
      List<Instant> gone = queries.stats(StatsFilter.span(half, null, GroupBy.DAY)).gone();
      assertEquals(List.of(START.plusSeconds(5 * 3600)), gone);
      Instant whole = START.plusSeconds(5 * 3600);
      UsageStats stats = queries.stats(StatsFilter.span(whole, null, GroupBy.DAY));
      assertEquals(List.of(), stats.gone());
      assertEquals(
          database.ask("select sum(calls) from usage_hour where hour >= '2026-10-01T05:00Z'"),
          String.valueOf(stats.totals().totals().calls()));
    }
  }

  private void fill(TestDatabase database) throws Exception {
    for (int day = 0; day < DAYS; day++) {
      write(database, shifted(new PricedCalls(new Random(day)).generate(150), day));
    }
    for (String price : PricedCalls.PRICES) {
      database.execute(price);
    }
  }

  private void agrees(TestDatabase database, int spans) throws Exception {
    try (Database reading = new Database(database.address(), 1)) {
      UsageQueries queries = new UsageQueries(reading);
      for (int i = 0; i < spans; i++) {
        Instant from = time();
        Instant to = i % 5 == 0 ? from.plusSeconds(1 + random.nextInt(3000)) : time();
        if (!from.isBefore(to)) {
          continue;
        }
        for (int turn = 0; turn < 2; turn++) {
          GroupBy by = KINDS.get(random.nextInt(KINDS.size()));
          boolean filtered = random.nextBoolean();
          StatsFilter filter =
              new StatsFilter(from, to, by, filtered ? "openai" : null, null, null);
          UsageStats stats = queries.stats(filter);
          String where =
              " where started_at >= '%s' and started_at < '%s'%s"
                  .formatted(from, to, filtered ? " and upstream = 'openai'" : "");
          String key = "coalesce(" + by.text(by.of("started_at")) + ", '')";
          key = by == GroupBy.MODEL ? "model" : key;
          assertEquals(
              database.ask(
                  ("select count(*) || ' ' || coalesce(sum(prompt_tokens), 0) || ' ' || coalesce(sum(completion_tokens), 0) || ' '"
                          + " || coalesce(trim_scale(sum(cost)), 0) || ' ' || count(*) filter (where priced = 'unpriced') from usage_cost")
                      + where),
              line(stats.totals().totals(), stats.costs().total()),
              filter.toString());
          assertEquals(
              database.ask(
                  "select coalesce(string_agg(l, '; ' order by l collate \"C\"), '') from (select %1$s || ' ' || count(*) || ' ' || coalesce(sum(prompt_tokens), 0) || ' ' || coalesce(sum(completion_tokens), 0) || ' ' || coalesce(trim_scale(sum(cost)), 0) || ' ' || count(*) filter (where priced = 'unpriced') as l from usage_cost%2$s group by %1$s) g"
                      .formatted(key, where)),
              String.join(
                  "; ",
                  stats.totals().groups().stream()
                      .map(g -> g.key() + " " + line(g.sums(), stats.costs().of(g.key())))
                      .sorted()
                      .toList()),
              filter.toString());
        }
      }
    }
  }

  private static String line(UsageTotals.Sums sums, UsageCosts.Cost cost) {
    BigDecimal amount =
        cost.amounts().stream()
            .map(UsageCosts.Amount::cost)
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .stripTrailingZeros();
    return "%d %d %d %s %d"
        .formatted(
            sums.calls(),
            sums.tokens().prompt(),
            sums.tokens().completion(),
            amount.toPlainString(),
            cost.unpricedCalls());
  }

  /** Often a whole hour or a day. */
  private Instant time() {
    Instant any = START.plusMillis(random.nextInt(DAYS * 86_400_000));
    return switch (random.nextInt(4)) {
      case 0 -> any.truncatedTo(ChronoUnit.DAYS);
      case 1 -> any.truncatedTo(ChronoUnit.HOURS);
      default -> any;
    };
  }

  private static String costs(TestDatabase database) throws Exception {
    try (Database reading = new Database(database.address(), 1)) {
      return new UsageQueries(reading)
          .stats(StatsFilter.span(null, null, GroupBy.DAY))
          .costs()
          .total()
          .toString();
    }
  }

  private static void rollUp(TestDatabase database, int days) throws Exception {
    try (Connection connection = database.connect()) {
      assertFalse(new DayRollup(() -> 0).look(connection));
    }
    assertEquals(String.valueOf(days), database.ask(DONE));
  }

  private static List<UsageRecord> shifted(List<UsageRecord> calls, int days) {
    return calls.stream().map(call -> later(call, days)).toList();
  }

  /** The same call some days later. */
  private static UsageRecord later(UsageRecord call, int days) {
    OpenRecord open = call.call();
    return new UsageRecord(
        new OpenRecord(
            open.id(),
            open.startedAt().plus(Duration.ofDays(days)),
            open.route(),
            open.upstream(),
            open.dialect(),
            open.method(),
            open.path(),
            open.tenant(),
            open.attempt(),
            open.caller(),
            open.relay(),
            open.traceId(),
            open.virtualKey()),
        call.request(),
        call.response(),
        call.usage(),
        call.end());
  }

  /** By three relays, each of them some. */
  private static void write(TestDatabase database, List<UsageRecord> records) throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      for (int shard = 0; shard < 3; shard++) {
        int of = shard;
        List<UsageRecord> part =
            IntStream.range(0, records.size())
                .filter(at -> at % 3 == of)
                .mapToObj(records::get)
                .toList();
        new UsageInsert(10_000, shard, new Stats()).write(connection, part);
      }
    }
  }
}
