package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Stats;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database that a relay made which knew nothing of tries, and may still be writing into. */
@ExtendWith(TestServer.class)
final class SchemaTakeoverTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  /** What such a relay writes of a call, in short. */
  private static final String OLDER_WRITES =
      """
      insert into usage_record (id, started_at, upstream, dialect, request_model, http_status, outcome, usage_state, prompt_tokens)
        values ('%s', '2026-03-01T10:00:00Z', 'main', 'openai-chat', 'm', 200, 'completed', 'final', 7);
      insert into usage_hour as h (hour, tenant, upstream, model, calls, calls_with_usage, prompt_tokens,
          completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens)
        values ('2026-03-01T10:00:00Z', '', 'main', 'm', 1, 1, 7, 0, 0, 0, 0, 0)
        on conflict (hour, tenant, upstream, model) do update set calls = h.calls + excluded.calls,
          calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
          prompt_tokens = h.prompt_tokens + excluded.prompt_tokens
      """;

  @TempDir private Path dir;

  @Test
  void readsTheRowsOfAnOlderRelayAndWritesItsOwnBeside(TestDatabase database) throws Exception {
    database.execute(olderSchema());
    database.execute(OLDER_WRITES.formatted(new UUID(1, 1)));
    UsageRecord second =
        Records.tried(Records.record(2), new Try(2, new UUID(3, 4), "team-a", "real"), false);
    try (UsageStore store = open(database)) {
      database.execute(OLDER_WRITES.formatted(new UUID(1, 2)));
      Records.offer(store, List.of(Records.record(1), second));
      assertTrue(store.drain(LONG));
      List<StoredRecord> rows = store.queries().records(RecordFilter.latest(10, null)).records();
      assertEquals(4, rows.size());
      assertEquals(
          List.of("2", "00000000-0000-0003-0000-000000000004", "false", "team-a", "real"),
          tries(rows.get(0)));
      String first = Records.record(1).id().toString();
      assertEquals(List.of("1", first, "true", "null", "null"), tries(rows.get(1)));
      for (StoredRecord older : rows.subList(2, 4)) {
        assertEquals(List.of("null", "null", "null", "null", "null"), tries(older));
        assertEquals(7L, older.columns().get("prompt_tokens"));
      }
      assertEquals(
          new UsageTotals.Sums(4, 4, new Tokens(34L, 10L, 30L, 0L, 0L, 0L), 1),
          store.queries().stats(StatsFilter.span(null, null, GroupBy.DAY)).totals().totals());
    }
    try (StoreInspection doctor = new StoreInspection(database.address())) {
      List<CallGroup> groups = doctor.queries().groups(Instant.EPOCH);
      assertEquals(4, groups.stream().mapToLong(CallGroup::calls).sum());
      assertEquals(
          List.of("asked-model", "m"), groups.stream().map(CallGroup::model).sorted().toList());
    }
  }

  @Test
  void asksOnlyForTheColumnsThatAnyRelayMade(TestDatabase database) throws Exception {
    database.execute(olderSchema());
    database.execute(OLDER_WRITES.formatted(new UUID(1, 1)));
    try (StoreInspection doctor = new StoreInspection(database.address())) {
      assertEquals(1, doctor.queries().groups(Instant.EPOCH).get(0).calls());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alter table usage_record drop column usage_note",
        "alter table usage_record add column call uuid",
        "alter table usage_hour add column delivered bigint not null default 0"
      })
  void addsWhatIsMissingAndNothingTwice(String change, TestDatabase database) throws Exception {
    database.execute(olderSchema());
    database.execute(change);
    for (int start = 0; start < 2; start++) {
      try (Connection connection = database.connect()) {
        Schema.apply(connection);
      }
    }
    try (UsageStore store = open(database)) {
      Records.offer(store, Records.many(0, 3));
      assertTrue(store.drain(LONG));
      assertEquals("3", database.ask("select count(*) from usage_record where delivered"));
      assertEquals("3", database.ask("select sum(delivered) from usage_hour"));
      assertEquals(List.of(), store.keys().changed());
      assertNull(
          store
              .queries()
              .records(RecordFilter.latest(1, null))
              .records()
              .get(0)
              .columns()
              .get("upstream_key"));
    }
  }

  private static List<String> tries(StoredRecord row) {
    Map<String, Object> columns = row.columns();
    return List.of("attempt", "call", "delivered", "upstream_key", "sent_model").stream()
        .map(column -> String.valueOf(columns.get(column)))
        .toList();
  }

  private UsageStore open(TestDatabase database) {
    return UsageStore.open(
        database.config(100, 1_000), Records.journal(dir), EmbeddedDatabase::start, new Stats());
  }

  /** schema.sql as it was before the columns of tries came. */
  private static String olderSchema() throws Exception {
    try (InputStream in = SchemaTakeoverTest.class.getResourceAsStream("schema-before-tries.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
