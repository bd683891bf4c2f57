package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Caller;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestServer.class)
final class UsageInsertTest {
  /** Every hour whose sums differ from its rows; none, if the law holds. */
  private static final String UNLAWFUL =
      """
      select count(*) from (
        select date_trunc('hour', started_at, 'UTC') as hour, coalesce(tenant, '') as tenant,
          coalesce(upstream, '') as upstream, coalesce(response_model, request_model, '') as model,
          count(*) as calls, count(prompt_tokens) as with_usage, coalesce(sum(prompt_tokens), 0) as prompt,
          coalesce(sum(completion_tokens), 0) as completion, coalesce(sum(total_tokens), 0) as total
        from usage_record group by 1, 2, 3, 4) raw
      full join usage_hour h using (hour, tenant, upstream, model)
      where (raw.calls, raw.with_usage, raw.prompt, raw.completion, raw.total)
        is distinct from (h.calls, h.calls_with_usage, h.prompt_tokens, h.completion_tokens, h.total_tokens)
      """;

  private static final Billed BILLED =
      new Billed(
          7L,
          8L,
          9L,
          10L,
          11L,
          "flex",
          "eu",
          "fast",
          "{\"seconds\":27}",
          new BigDecimal("0.001230"),
          "USD");

  @Test
  void bringsBackEveryColumnAsTheRecordHeldIt(TestDatabase database) throws Exception {
    UsageReading usage =
        new UsageReading(
            UsageState.PARTIAL,
            "said",
            "resp",
            "length",
            new Tokens(1L, 2L, 3L, 4L, 5L, 6L),
            "{\"ü\":\"😀\"}",
            9,
            "last=usage");
    UsageRecord record =
        new UsageRecord(
            new OpenRecord(
                UUID.fromString("01900000-0000-7000-8000-000000000001"),
                Instant.parse("2026-03-01T10:15:30.123456Z"),
                "route",
                "up",
                "openai-chat",
                "POST",
                "/v1/x",
                "print",
                new Try(2, new UUID(3, 4), "team-a", "real"),
                new Caller("session", "agent", "sdk/1.2", 1, "{\"team\":\"a\"}"),
                "relay-1",
                "0af7651916cd43dd8448eb211c80319c",
                "vk_1"),
            new UsageRecord.Request("asked", 11, true),
            new UsageRecord.Response(200, true, 12, 13L, 21L, false, "req_1"),
            usage.withBilled(BILLED),
            new UsageRecord.End(
                Instant.parse("2026-03-01T10:15:31.000001Z"), 14, Outcome.CLIENT_GONE, "why"));
    write(database, List.of(record));
    Map<String, Object> row = only(database);
    assertEquals(
        "[01900000-0000-7000-8000-000000000001, 2026-03-01T10:15:30.123456Z, "
            + "2026-03-01T10:15:31.000001Z, route, up, openai-chat, POST, /v1/x, print, asked, said, "
            + "resp, length, true, 200, client_gone, partial, 1, 2, 3, 4, 5, 6, {\"ü\":\"😀\"}, 9, 11, 12, 13, 14, why, last=usage, "
            + "2, 00000000-0000-0003-0000-000000000004, false, team-a, real, "
            + "7, 8, 9, 10, 11, flex, eu, fast, {\"seconds\": 27}, 0.001230, USD, "
            + "session, agent, sdk/1.2, 1, {\"team\": \"a\"}, req_1, relay-1, 21, "
            + "0af7651916cd43dd8448eb211c80319c, vk_1]",
        row.values().toString());
    assertEquals(57, row.size());
  }

  @Test
  void keepsTheUnknownNull(TestDatabase database) throws Exception {
    UsageRecord record =
        new UsageRecord(
            new OpenRecord(
                new UUID(1, 1),
                Records.START,
                null,
                null,
                null,
                null,
                null,
                null,
                Try.of(new UUID(1, 1))),
            UsageRecord.Request.UNREAD,
            UsageRecord.Response.NONE,
            UsageReading.NONE,
            new UsageRecord.End(null, 0, Outcome.UNREACHABLE, null));
    write(database, List.of(record));
    Map<String, Object> row = only(database);
    assertNull(row.get("prompt_tokens"));
    assertNull(row.get("http_status"));
    assertNull(row.get("first_byte_ms"));
    assertEquals("absent", row.get("usage_state"));
    assertEquals(
        "2026-03-01 10:00:00+00|||1|0|0",
        database.ask(
            "select concat_ws('|', hour at time zone 'UTC' || '+00', tenant, upstream || model, calls, calls_with_usage, prompt_tokens) from usage_hour"));
  }

  /** A trigger of the operator's own may keep rows out. */
  @Test
  void sumsOnlyWhatTheTableTook(TestDatabase database) throws Exception {
    write(database, Records.many(0, 10));
    database.execute(
        """
        create function keep_out() returns trigger language plpgsql as $$
          begin if new.response_id like '%0' then return null; end if; return new; end $$;
        create trigger keep_out before insert on usage_record for each row execute function keep_out()""");
    assertEquals(90, write(database, Records.many(10, 100)));
    assertEquals("0", database.ask(UNLAWFUL));
    assertEquals("100", database.ask("select count(*) from usage_record"));
  }

  @Test
  void addsNothingWhenABatchIsSentAgain(TestDatabase database) throws Exception {
    List<UsageRecord> batch = Records.many(0, 100);
    assertEquals(100, write(database, batch));
    assertEquals(0, write(database, batch));
    assertEquals(50, write(database, Records.many(50, 100)));
    assertEquals("150", database.ask("select sum(calls) from usage_hour"));
    assertEquals("0", database.ask(UNLAWFUL));
  }

  @Test
  void writesARowOnceThatABatchHasTwiceOrThatIsADeadLetter(TestDatabase database) throws Exception {
    List<UsageRecord> batch = new ArrayList<>(Records.many(0, 10));
    batch.addAll(Records.many(5, 10));
    Collections.shuffle(batch, new Random(7));
    write(database, List.of());
    database.execute(
        "insert into usage_dead_letter (id, started_at, payload) values ('"
            + batch.get(0).id()
            + "', now(), '')");
    assertEquals(14, write(database, batch));
    assertEquals(
        "14 14", database.ask("select count(*) || ' ' || count(distinct id) from usage_record"));
    assertEquals("0", database.ask(UNLAWFUL));
  }

  @Test
  void writesWhatAnotherRelayIsWritingOnce(TestDatabase database) throws Exception {
    write(database, List.of());
    List<UsageRecord> batch = Records.many(0, 200);
    List<Thread> relays = new ArrayList<>();
    AtomicInteger inserted = new AtomicInteger();
    for (int relay = 0; relay < 4; relay++) {
      List<UsageRecord> own = new ArrayList<>(batch);
      Collections.shuffle(own, new Random(relay));
      relays.add(new Thread(() -> inserted.addAndGet(inTens(database, own))));
    }
    relays.forEach(Thread::start);
    for (Thread relay : relays) {
      relay.join();
    }
    assertEquals(200, inserted.get());
    assertEquals("200", database.ask("select count(*) from usage_record"));
    assertEquals("0", database.ask(UNLAWFUL));
  }

  private static int inTens(TestDatabase database, List<UsageRecord> records) {
    try (Connection connection = database.connect()) {
      UsageInsert insert = new UsageInsert(10_000, 0, new Stats());
      int inserted = 0;
      for (int from = 0; from < records.size(); from += 10) {
        inserted += insert.write(connection, records.subList(from, from + 10));
      }
      return inserted;
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void keepsTheSumsEqualToTheRowsOverRandomOverlappingBatches(TestDatabase database)
      throws Exception {
    Random random = new Random(42);
    List<UsageRecord> all = new ArrayList<>();
    for (int number = 0; number < 400; number++) {
      Long prompt = random.nextInt(4) == 0 ? null : random.nextLong(1_000);
      Long completion = random.nextInt(4) == 0 ? null : random.nextLong(1_000);
      String model = random.nextInt(5) == 0 ? null : "model-" + random.nextInt(3);
      all.add(Records.record(number * 60_000, "/v1", model, prompt, completion));
    }
    for (int round = 0; round < 20; round++) {
      Collections.shuffle(all, random);
      write(database, all.subList(0, random.nextInt(1, all.size())));
    }
    write(database, all);
    assertEquals("400", database.ask("select count(*) from usage_record"));
    assertEquals(
        "0",
        database.ask(
            UNLAWFUL.replace(
                "count(prompt_tokens)",
                "count(*) filter (where num_nonnulls(prompt_tokens, completion_tokens) > 0)")));
  }

  @Test
  void letsNoRefusedCallMakeGroupsOfMadeUpNames(TestDatabase database) throws Exception {
    List<UsageRecord> batch = new ArrayList<>();
    int[] statuses = {400, 404, 429, 500, 0};
    for (int number = 0; number < 500; number++) {
      batch.add(Records.answered(number, "known", "made-up-" + number, statuses[number % 5]));
    }
    for (int number = 500; number < 600; number++) {
      batch.add(Records.answered(number, "made-up-" + number, "m-" + number, 401 + number % 2 * 2));
    }
    batch.add(Records.answered(600, "known", "silent", 200));
    write(database, batch);
    assertEquals(0, write(database, batch));
    assertEquals(
        "|| 100 known|| 500 known|silent| 1",
        database.ask(
            "select string_agg(concat_ws('|', tenant, model, '') || ' ' || calls, ' ' order by tenant, model) from usage_hour"));
    assertEquals("601", database.ask("select count(*) from usage_record"));
  }

  @Test
  void sumsWhatIsBeyondAnHoursGroupsUnderOneName(TestDatabase database) throws Exception {
    Stats stats = new Stats();
    List<UsageRecord> batch = new ArrayList<>();
    for (int number = 0; number < 300; number++) {
      batch.add(Records.answered(number, "t-" + number, "m", 200));
    }
    for (int round = 0; round < 3; round++) { // each as after a restart, the last two replay
      write(database, new UsageInsert(50, 0, stats), batch.subList(0, 100));
      write(database, new UsageInsert(50, 0, stats), batch);
    }
    assertEquals("51", database.ask("select count(*) from usage_hour"));
    assertEquals("300", database.ask("select sum(calls) from usage_hour"));
    assertEquals("250", database.ask("select calls from usage_hour where tenant = '~other'"));
    assertEquals("~other", database.ask("select model from usage_hour where tenant = '~other'"));
    assertEquals(250, stats.value(Metric.HOUR_REST));
    // Who has a group keeps it, and the next hour has places of its own.
    write(
        database,
        new UsageInsert(50, 0, stats),
        List.of(
            Records.answered(1_000, "t-0", "m", 200),
            Records.answered(3_600_000, "t-1000", "m", 200)));
    assertEquals("2", database.ask("select calls from usage_hour where tenant = 't-0'"));
    assertEquals("1", database.ask("select calls from usage_hour where tenant = 't-1000'"));
  }

  @Test
  void boundsTheGroupsOfTwoRelaysAtOnceToABatchBeyond(TestDatabase database) throws Exception {
    write(database, List.of());
    List<Thread> relays = new ArrayList<>();
    for (int relay = 0; relay < 2; relay++) {
      int first = relay * 10_000;
      relays.add(new Thread(() -> madeUp(database, first)));
    }
    relays.forEach(Thread::start);
    for (Thread relay : relays) {
      relay.join();
    }
    int groups = Integer.parseInt(database.ask("select count(*) from usage_hour"));
    assertTrue(groups >= 50 && groups <= 50 + 20 + 1, groups + " groups");
    assertEquals("1000", database.ask("select sum(calls) from usage_hour"));
    assertEquals("1000", database.ask("select count(*) from usage_record"));
  }

  private static void madeUp(TestDatabase database, int first) {
    try (Connection connection = database.connect()) {
      UsageInsert insert = new UsageInsert(50, 0, new Stats());
      for (int batch = first; batch < first + 500; batch += 20) {
        List<UsageRecord> records = new ArrayList<>();
        for (int number = batch; number < batch + 20; number++) {
          records.add(Records.answered(number, "t-" + number, "m", 200));
        }
        insert.write(connection, records);
      }
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void holdsSumsThatNoLongHolds(TestDatabase database) throws Exception {
    write(database, List.of(Records.record(1, "/", "m", Long.MAX_VALUE, null)));
    write(database, List.of(Records.record(4, "/", "m", Long.MAX_VALUE, null)));
    assertEquals("18446744073709551614", database.ask("select prompt_tokens from usage_hour"));
    assertEquals("2", database.ask("select calls from usage_hour"));
  }

  @Test
  void writesTextThatThePostgresCannotHoldWithReplacements(TestDatabase database) throws Exception {
    write(
        database,
        List.of(
            Records.record(1, "a\0b", "x\ud800y", 1L, 1L),
            Records.record(2, "/", "m".repeat(1_000_000), 1L, 1L)));
    assertEquals(
        "a\ufffdb x\ufffdy",
        database.ask("select path || ' ' || response_model from usage_record order by started_at"));
    assertEquals("200", database.ask("select max(length(model)) from usage_hour"));
  }

  private static int write(TestDatabase database, List<UsageRecord> records) throws Exception {
    return write(database, new UsageInsert(10_000, 0, new Stats()), records);
  }

  private static int write(TestDatabase database, UsageInsert insert, List<UsageRecord> records)
      throws Exception {
    try (Connection connection = database.connect()) {
      Schema.apply(connection);
      return insert.write(connection, records);
    }
  }

  private static Map<String, Object> only(TestDatabase test) throws Exception {
    try (Database database = new Database(test.address(), 1)) {
      List<StoredRecord> rows =
          new UsageQueries(database).records(RecordFilter.latest(10, null)).records();
      assertEquals(1, rows.size());
      return rows.get(0).columns();
    }
  }
}
