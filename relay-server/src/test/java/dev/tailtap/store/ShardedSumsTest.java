package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Relays that each have lines of the sums of their own, and one of before that has not. */
@ExtendWith(TestServer.class)
final class ShardedSumsTest {
  private static final String ROWS =
      "select count(*) || ' ' || sum(prompt_tokens) || ' ' || sum(completion_tokens) || ' ' || trim_scale(sum(cost)) from usage_cost";
  private static final String SUMS =
      """
      select sum(calls) || ' ' || sum(prompt_tokens) || ' ' || sum(completion_tokens) || ' '
        || (select trim_scale(sum(cost)) from usage_price_hour_cost) from usage_hour""";
  private static final String PRICE =
      "insert into model_price (model, input, output) values ('gpt-x', 3, 15)";

  /** The tables as they were. */
  private static final String BEFORE =
      "drop table usage_hour_shard, usage_price_hour_shard, tailtap_relay; drop function tailtap_keep_sums cascade";

  /** What a relay of before writes of a call, in short. */
  private static final String OLDER_WRITES =
      """
      insert into usage_record (id, started_at, upstream, dialect, request_model, response_model, tenant, http_status, outcome,
          usage_state, prompt_tokens, completion_tokens, total_tokens, delivered)
        values ('%s', '2026-03-01T10:20:00Z', 'main', 'openai-chat', 'gpt-x', 'gpt-x', 'tenant-1', 200, 'completed', 'final', 7, 3, 10, true);
      insert into usage_hour as h (hour, tenant, upstream, model, calls, calls_with_usage, delivered, prompt_tokens,
          completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens)
        values ('2026-03-01T10:00:00Z', 'tenant-1', 'main', 'gpt-x', 1, 1, 1, 7, 3, 10, 0, 0, 0)
        on conflict (hour, tenant, upstream, model) do update set calls = h.calls + excluded.calls,
          calls_with_usage = h.calls_with_usage + excluded.calls_with_usage, delivered = h.delivered + excluded.delivered,
          prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
          completion_tokens = h.completion_tokens + excluded.completion_tokens,
          total_tokens = h.total_tokens + excluded.total_tokens;
      insert into usage_price_hour as h (hour, key, tenant, upstream, model, service_tier, geo, speed, band, kinds, unit_names,
          stated_currency, calls, calls_with_usage, input, cache_read, cache_write, cache_write_1h, audio_in, image_in, output,
          reasoning, audio_out, image_out)
        values ('2026-03-01T10:00:00Z', '\\x01', 'tenant-1', 'main', 'gpt-x', '', '', '', 0, 65, '', '', 1, 1, 7, 0, 0, 0, 0, 0, 3, 0, 0, 0)
        on conflict (hour, key) do update set calls = h.calls + excluded.calls,
          calls_with_usage = h.calls_with_usage + excluded.calls_with_usage, input = h.input + excluded.input,
          output = h.output + excluded.output
      """;

  private static final String OLDER_TRIMS =
      "delete from TABLE where ctid = any (array(select ctid from TABLE where hour < ? order by hour limit 2000))";

  private TestDatabase database;

  @BeforeEach
  void prepare(TestDatabase own) throws Exception {
    database = own;
    apply();
    database.execute(PRICE);
  }

  @Test
  void relaysThatWriteOneGroupAtOnceHaveTheSumsOfTheirRows() throws Exception {
    atOnce(IntStream.range(0, 8).mapToObj(relay -> writes(relay, "relay-" + relay)).toList());
    assertEquals(
        "8",
        database.ask(
            "select count(distinct shard) from usage_hour_shard where tenant = 'tenant-1'"));
    agrees(8 * 100);
    try (Connection connection = database.connect()) {
      assertFalse(new DayRollup(() -> 0).look(connection));
    }
    assertEquals(
        database.ask(ROWS),
        database.ask(
            "select sum(calls) || ' ' || sum(prompt_tokens) || ' ' || sum(completion_tokens) || ' ' || (select trim_scale(sum(cost)) from usage_day_cost) from usage_day"));
    assertEquals("3", database.ask("select count(*) from usage_day"), "one for each tenant");
  }

  @Test
  void twoRelaysOfOneHashLoseNothing() throws Exception {
    assertEquals(HourSums.shard("relay-1"), HourSums.shard("relay-1"));
    atOnce(List.of(writes(0, "relay-1"), writes(1, "relay-1"), writes(2, "relay-1")));
    agrees(300);
  }

  @Test
  void relaysThatAreNumberedHaveShardsThatDiffer() {
    assertEquals(
        10, IntStream.range(0, 10).map(pod -> HourSums.shard("tailtap-" + pod)).distinct().count());
    assertTrue(
        IntStream.range(0, 1_000)
            .map(pod -> HourSums.shard("pod-" + pod * 7919))
            .allMatch(shard -> shard >= 0 && shard < 16));
  }

  @Test
  void anHourHasRoomForGroupsAndNotForTheirLines() throws Exception {
    Stats stats = new Stats();
    for (int relay = 0; relay < 16; relay++) {
      write(relay, stats, tenants(relay * 1_000, 50));
    }
    assertEquals(0, stats.value(Metric.HOUR_REST));
    assertEquals("800", database.ask("select count(*) from usage_hour_shard"));
    write(3, stats, List.of(Records.answered(90_000, "t-one-more", "m", 200)));
    write(4, stats, tenants(91_000, 50));
    assertEquals(1, stats.value(Metric.HOUR_REST));
    assertEquals("1", database.ask("select sum(calls) from usage_hour where tenant = '~other'"));
  }

  @Test
  void takesOverTheSumsOfARelayOfBeforeAndLetsItGoOn() throws Exception {
    database.execute(BEFORE);
    for (int call = 0; call < 20; call++) {
      database.execute(OLDER_WRITES.formatted(new UUID(1, call)));
    }
    apply();
    apply();
    agrees(20);
    List<Work> work =
        new ArrayList<>(List.of(writes(0, "relay-0"), writes(1, "relay-1"), writes(2, "relay-2")));
    for (int older = 0; older < 2; older++) {
      int first = 100 + older * 1_000;
      work.add(
          () -> {
            for (int call = first; call < first + 50; call++) {
              database.execute("begin; " + OLDER_WRITES.formatted(new UUID(1, call)) + "; commit");
            }
          });
    }
    atOnce(work);
    agrees(20 + 300 + 100);
    assertEquals("120", database.ask("select sum(calls) from only usage_hour"));
    assertEquals("300", database.ask("select sum(calls) from usage_hour_shard"));
    assertEquals(420, stats(StatsFilter.span(null, null, GroupBy.MODEL)).totals().totals().calls());
    assertEquals(
        List.of(1),
        List.of(stats(StatsFilter.span(null, null, GroupBy.MODEL)).totals().groups().size()));
  }

  @Test
  void aRelayOfBeforeTakesOutADayThatIsDoneAndSoDoesOneOfNow() throws Exception {
    write(1, new Stats(), Records.many(0, 10));
    for (Work change :
        List.<Work>of(
            () -> database.execute(OLDER_WRITES.formatted(new UUID(1, 1))),
            () -> write(2, new Stats(), Records.many(100, 10)),
            () -> write(2, new Stats(), Records.many(200, 10)),
            () -> database.execute("delete from usage_hour where tenant = 'tenant-2'"))) {
      try (Connection connection = database.connect()) {
        new DayRollup(() -> 0).look(connection);
      }
      assertEquals("1", database.ask("select count(*) from usage_rollup where done"));
      change.run();
      assertEquals("0", database.ask("select count(*) from usage_rollup"));
    }
  }

  @Test
  void aRelayOfBeforeTrimsNoSumsByWhereTheyLieInTheOtherTable() throws Exception {
    for (int call = 0; call < 20; call++) {
      database.execute(OLDER_WRITES.formatted(new UUID(1, call)));
    }
    database.execute("update only usage_hour set hour = hour - interval '90 days'");
    database.execute("update only usage_price_hour set hour = hour - interval '90 days'");
    write(1, new Stats(), Records.many(0, 30));
    for (String table : List.of("usage_hour", "usage_price_hour")) {
      try (Connection connection = database.connect();
          PreparedStatement delete =
              connection.prepareStatement(OLDER_TRIMS.replace("TABLE", table))) {
        delete.setObject(1, OffsetDateTime.parse("2026-02-01T00:00:00Z"));
        assertEquals(0, delete.executeUpdate());
        connection.commit();
      }
      assertEquals("50", database.ask("select sum(calls) from " + table));
    }
  }

  @Test
  void sumsOfAllShardsAndOfBeforeAreTrimmedByTheirAge() throws Exception {
    HandClocks clocks = new HandClocks();
    Partitions trimming = new Partitions(clocks.clocks(), 0, 3, () -> true);
    for (int day = 0; day < 8; day++) {
      for (int relay = 0; relay < 3; relay++) {
        write(relay, new Stats(), List.of(Records.at(day * 10 + relay, clocks.instant())));
      }
      database.execute(
          OLDER_WRITES
              .formatted(new UUID(1, day))
              .replace("2026-03-01T10", clocks.instant().toString().substring(0, 13)));
      clocks.pass(Duration.ofDays(1));
    }
    for (int hour = 0; hour < 10; hour++) {
      try (Connection connection = database.connect()) {
        trimming.ensure(connection);
      }
      clocks.pass(Duration.ofMinutes(61));
    }
    for (String table : List.of("usage_hour", "usage_price_hour")) {
      assertEquals(
          "12 3",
          database.ask(
              "select sum(calls) || ' ' || count(distinct hour at time zone 'UTC') from " + table));
      assertEquals("3", database.ask("select sum(calls) from only " + table));
    }
  }

  /** By what the documents tell an operator to do. */
  @Test
  void whoGoesBackForGoodFoldsTheShardsAndLosesNothing() throws Exception {
    for (int call = 0; call < 20; call++) {
      database.execute(OLDER_WRITES.formatted(new UUID(1, call)));
    }
    atOnce(IntStream.range(0, 3).mapToObj(relay -> writes(relay, "relay-" + relay)).toList());
    List<UsageRecord> priced = new PricedCalls(new Random(1)).generate(300);
    for (int shard = 0; shard < 3; shard++) {
      write(shard, new Stats(), priced.subList(shard * 100, shard * 100 + 100));
    }
    String everything =
        "select string_agg(line::text, ';' order by line::text) from (select hour, model, tenant, sum(calls), sum(delivered),"
            + " sum(cached_tokens) from usage_hour group by 1, 2, 3) as line";
    String prices =
        "select string_agg(line::text, ';' order by line::text) from (select hour, key, model, sum(calls), sum(input),"
            + " sum(output), sum(provider_cost), sum((units->>'web_searches')::numeric) from usage_price_hour group by 1, 2, 3) as line";
    String before = database.ask(everything) + database.ask(prices) + database.ask(SUMS);
    String sizing = Files.readString(Path.of("../docs/SIZING.md"));
    Matcher sql = Pattern.compile("(?s)```sql\n(lock table .*?)```").matcher(sizing);
    assertTrue(sql.find());
    database.execute("begin; " + sql.group(1) + " commit");
    assertEquals(before, database.ask(everything) + database.ask(prices) + database.ask(SUMS));
    assertEquals(
        "0",
        database.ask("select count(*) from pg_inherits where inhparent = 'usage_hour'::regclass"));
    assertEquals(
        database.ask("select count(*) from usage_hour"),
        database.ask(
            "select count(*) from (select distinct hour, tenant, upstream, model from usage_hour) as g"));
    database.execute(OLDER_WRITES.formatted(new UUID(1, 20)));
    try (Connection connection = database.connect();
        PreparedStatement trim =
            connection.prepareStatement(OLDER_TRIMS.replace("TABLE", "usage_hour"))) {
      trim.setObject(1, OffsetDateTime.parse("2026-01-01T00:00:00Z"));
      assertEquals(0, trim.executeUpdate());
      trim.setObject(1, OffsetDateTime.parse("2028-01-01T00:00:00Z"));
      assertTrue(trim.executeUpdate() > 0, "an older relay trims again");
      connection.rollback();
    }
    apply();
    write(5, new Stats(), Records.many(80_000, 10));
    assertEquals(
        database.ask("select count(*) from usage_record"),
        database.ask("select sum(calls) from usage_hour"));
  }

  private void agrees(int rows) throws Exception {
    assertEquals(String.valueOf(rows), database.ask("select count(*) from usage_record"));
    assertEquals(database.ask(ROWS), database.ask(SUMS));
    assertEquals(
        database.ask("select sum(calls) from usage_hour"),
        database.ask("select sum(calls) from usage_price_hour"));
    assertNotEquals(null, database.ask(ROWS));
  }

  private UsageStats stats(StatsFilter filter) throws Exception {
    try (Database reading = new Database(database.address(), 1)) {
      return new UsageQueries(reading).stats(filter);
    }
  }

  private static List<UsageRecord> tenants(int first, int count) {
    return IntStream.range(0, count)
        .mapToObj(tenant -> Records.answered(first + tenant, "t-" + tenant, "m", 200))
        .toList();
  }

  /** A hundred calls in batches of ten, as a relay of that name writes them. */
  private Work writes(int number, String instance) {
    return () -> {
      for (int batch = 0; batch < 10; batch++) {
        write(
            HourSums.shard(instance), new Stats(), Records.many(number * 10_000 + batch * 10, 10));
      }
    };
  }

  private void write(int shard, Stats stats, List<UsageRecord> records) throws Exception {
    try (Connection connection = database.connect()) {
      new UsageInsert(50, shard, stats).write(connection, records);
    }
  }

  private void apply() throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void atOnce(List<Work> all) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(all.size());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Work work : all) {
        running.add(
            threads.submit(
                () -> {
                  work.run();
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } finally {
      threads.shutdown();
    }
  }
}
