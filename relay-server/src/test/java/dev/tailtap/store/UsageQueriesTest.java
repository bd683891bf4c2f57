package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.RecordFilter.Problem;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestServer.class)
final class UsageQueriesTest {
  private static final int HOUR = 3_600_000;

  @Test
  void groupsByEachKey(TestDatabase test) throws Exception {
    fill(test);
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      UsageTotals byDay = all(queries, GroupBy.DAY);
      assertEquals(sums(30, 20, 200, 100, 300), byDay.totals());
      assertEquals(
          List.of("2026-03-01", "2026-03-02"),
          byDay.groups().stream().map(UsageTotals.Group::key).toList());
      UsageTotals byHour = all(queries, GroupBy.HOUR);
      assertEquals("2026-03-01T10:00:00Z", byHour.groups().get(0).key());
      assertEquals(30, byHour.groups().size());
      UsageTotals byModel = all(queries, GroupBy.MODEL);
      assertEquals(
          List.of(
              new UsageTotals.Group("big", sums(20, 20, 200, 100, 300)),
              new UsageTotals.Group("asked-model", sums(10, 0, 0, 0, 0))),
          byModel.groups());
      assertEquals("main", all(queries, GroupBy.UPSTREAM).groups().get(0).key());
      assertEquals("tenant-0", all(queries, GroupBy.TENANT).groups().get(0).key());
    }
  }

  @Test
  void aSpanIsHalfOpenToTheSecond(TestDatabase test) throws Exception {
    fill(test);
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      Instant call = Records.record(1 * HOUR, "/", null, null, null).startedAt();
      assertEquals(1, calls(queries, call, call.plusMillis(1)));
      assertEquals(0, calls(queries, call.minusSeconds(1), call));
      assertEquals(2, calls(queries, call, call.plusMillis(1 + HOUR)));
      assertEquals(29, calls(queries, call, null));
      assertEquals(1, calls(queries, null, call));
      assertEquals(0, calls(queries, Instant.parse("2027-01-01T00:00:00Z"), null));
    }
  }

  @Test
  void listsTheLatestRowsFirst(TestDatabase test) throws Exception {
    fill(test);
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      List<StoredRecord> rows = queries.records(RecordFilter.latest(3, null)).records();
      assertEquals(3, rows.size());
      assertEquals("resp-" + 29 * HOUR, rows.get(0).columns().get("response_id"));
      assertEquals(
          10, queries.records(RecordFilter.latest(5_000, UsageState.ABSENT)).records().size());
      assertEquals(
          0, queries.records(RecordFilter.latest(5, UsageState.UNREADABLE)).records().size());
      assertEquals(1, queries.records(RecordFilter.latest(-1, null)).records().size());
    }
  }

  @Test
  void filtersRowsByWhatStrangersNamed(TestDatabase test) throws Exception {
    fill(test);
    Instant late = Instant.parse("2026-03-02T00:00:00Z");
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      assertEquals(
          20, queries.records(filter(null, null, "main", "big", "tenant-0")).records().size());
      assertEquals(0, queries.records(filter(null, null, "other", null, null)).records().size());
      assertEquals(
          0, queries.records(filter(null, null, null, "x' or 'a' = 'a", null)).records().size());
      assertEquals(
          0, queries.records(filter(Problem.FAILED, null, null, null, null)).records().size());
      assertEquals(
          10, queries.records(filter(Problem.UNMETERED, null, null, null, null)).records().size());
      int all = queries.records(filter(null, late, null, null, null)).records().size();
      assertEquals(16, all);
    }
  }

  @Test
  void pagesGoOnWhereTheLastEndedWhileNewRowsCome(TestDatabase test) throws Exception {
    fill(test);
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      List<Object> seen = new ArrayList<>();
      RecordFilter filter = RecordFilter.latest(7, null);
      for (int pages = 1; filter != null; pages++) {
        RecordPage page = queries.records(filter);
        page.records().forEach(row -> seen.add(row.columns().get("response_id")));
        assertEquals(null, page.lookedBackTo());
        assertEquals(pages == 5, page.next() == null, "page " + pages);
        filter = page.next() == null ? null : filter.from(page.next());
        test.execute(
            "insert into usage_record (id, started_at) select gen_random_uuid(), max(started_at) + interval '1 hour' from usage_record");
      }
      assertEquals(
          IntStream.range(0, 30).mapToObj(hour -> "resp-" + (29 - hour) * HOUR).toList(), seen);
    }
  }

  @Test
  void rowsOfOneMomentAreNeitherTwiceNorMissing(TestDatabase test) throws Exception {
    fill(test);
    test.execute(
        "insert into usage_record (id, started_at, session) select gen_random_uuid(), '2026-03-01T10:00:00.000001Z', 's' from generate_series(1, 25)");
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      Set<Object> ids = new HashSet<>();
      RecordFilter.Names names = new RecordFilter.Names(null, null, null, "s", null);
      RecordFilter filter = new RecordFilter(4, null, null, null, null, null, null, null, names);
      int rows = 0;
      while (filter != null) {
        RecordPage page = queries.records(filter);
        rows += page.records().size();
        page.records().forEach(row -> ids.add(row.columns().get("id")));
        filter = page.next() == null ? null : filter.from(page.next());
      }
      assertEquals(List.of(25, 25), List.of(rows, ids.size()));
    }
  }

  @Test
  void whatIsRareIsLookedForAWhileAndThenSaysHowFar(TestDatabase test) throws Exception {
    fill(test);
    test.execute(
        "insert into usage_record (id, started_at) values (gen_random_uuid(), '2025-03-01Z')");
    AtomicLong nanos = new AtomicLong();
    HandClocks clock = new HandClocks();
    clock.pass(Duration.ofDays(30));
    try (Connection connection = test.connect()) {
      List<RecordFilter> asked = new ArrayList<>();
      RecordSearch search = new RecordSearch(clock, nanos::get);
      RecordSearch.Reader slow =
          (filter, most) -> {
            asked.add(filter);
            nanos.addAndGet(Duration.ofMillis(800).toNanos());
            return List.of();
          };
      RecordPage page = search.find(connection, RecordFilter.latest(3, null), slow);
      Instant now = clock.instant();
      assertEquals(now.minus(Duration.ofHours(4)), page.lookedBackTo());
      assertEquals(RecordCursor.at(page.lookedBackTo()), page.next());
      assertEquals(4, asked.size());
      assertEquals(asked.get(1).before(), RecordCursor.at(asked.get(0).since()));
      RecordPage rest =
          search.find(
              connection, RecordFilter.latest(3, null).from(page.next()), (f, m) -> List.of());
      assertEquals(new RecordPage(List.of(), null, null), rest);
    }
  }

  @Test
  void groupsAndTimesTheNewestOnly(TestDatabase test) throws Exception {
    fill(test);
    try (Connection connection = test.connect();
        Statement update = connection.createStatement()) {
      update.execute(
          "update usage_record set first_event_ms = 10 * extract(hour from started_at at time zone 'UTC')");
      connection.commit();
    }
    try (Database database = open(test)) {
      UsageQueries queries = new UsageQueries(database);
      List<CallGroup> all = queries.newestGroups(Instant.EPOCH, 1000);
      assertEquals(30, all.stream().mapToLong(CallGroup::calls).sum());
      assertEquals(queries.groups(Instant.EPOCH), all);
      List<CallGroup> some = queries.newestGroups(Instant.EPOCH, 7);
      assertEquals(7, some.stream().mapToLong(CallGroup::calls).sum());
      FirstEvents times = queries.firstEvents(Instant.EPOCH, 7);
      assertEquals(new FirstEvents(7, 120L, 150L), times); // from 9 to 15 o'clock
      Instant never = Instant.parse("2027-01-01T00:00:00Z");
      assertEquals(new FirstEvents(0, null, null), queries.firstEvents(never, 7));
    }
  }

  private static RecordFilter filter(
      Problem problem, Instant since, String upstream, String model, String tenant) {
    RecordFilter.Names names = new RecordFilter.Names(upstream, model, tenant, null, null);
    return new RecordFilter(100, null, null, problem, null, null, since, null, names);
  }

  @Test
  void saysThatTheDatabaseIsAway() {
    DatabaseAddress nowhere = new DatabaseAddress("jdbc:postgresql://127.0.0.1:1/x", "u", "p");
    try (Database database = new Database(nowhere, 1)) {
      UsageQueries queries = new UsageQueries(database);
      assertThrows(DatabaseAwayException.class, () -> all(queries, GroupBy.DAY));
    }
  }

  private static UsageTotals all(UsageQueries queries, GroupBy by) throws Exception {
    return queries.stats(StatsFilter.span(null, null, by)).totals();
  }

  private static long calls(UsageQueries queries, Instant from, Instant to) throws Exception {
    return queries.stats(StatsFilter.span(from, to, GroupBy.HOUR)).totals().totals().calls();
  }

  /** One call in each of thirty hours; every third without usage. */
  private static void fill(TestDatabase test) throws Exception {
    List<UsageRecord> records = new ArrayList<>();
    for (int hour = 0; hour < 30; hour++) {
      records.add(
          hour % 3 == 0
              ? Records.record(hour * HOUR, "/", null, null, null)
              : Records.record(hour * HOUR, "/", "big", 10L, 5L));
    }
    try (Connection connection = test.connect()) {
      Schema.apply(connection);
      new UsageInsert(10_000, 0, new Stats()).write(connection, records);
    }
  }

  private static Database open(TestDatabase test) {
    return new Database(test.address(), 2);
  }

  private static UsageTotals.Sums sums(
      long calls, long withUsage, long prompt, long completion, long total) {
    return new UsageTotals.Sums(
        calls, withUsage, new Tokens(prompt, completion, total, 0L, 0L, 0L), calls);
  }
}
