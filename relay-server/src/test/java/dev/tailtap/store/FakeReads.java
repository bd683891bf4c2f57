package dev.tailtap.store;

import dev.tailtap.record.Tokens;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** A database of one answer that can be away or hang, and remembers what it was asked. */
public final class FakeReads implements UsageReads {
  private final List<String> questions = new CopyOnWriteArrayList<>();
  private final Semaphore arrived = new Semaphore(0);
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile boolean away;
  private volatile Instant gone;
  private volatile List<CallGroup> groups = List.of();

  @Override
  public UsageStats stats(StatsFilter filter) throws DatabaseAwayException {
    String by = filter.by().word();
    answer(
        "stats "
            + filter.from()
            + " "
            + filter.to()
            + " "
            + by
            + String.join(",", filter.values()));
    if (gone != null) {
      return UsageStats.without(List.of(gone));
    }
    UsageTotals.Sums sums = new UsageTotals.Sums(3, 2, new Tokens(30L, 12L, 42L, 0L, 0L, 0L), 2);
    String key = filter.by() == GroupBy.TENANT ? "=HYPERLINK(1)" : "a \"b\"";
    UsageCosts.Cost cost =
        new UsageCosts.Cost(
            List.of(new UsageCosts.Amount("USD", new BigDecimal("0.0012345000"))), 1);
    return new UsageStats(
        new UsageTotals(sums, List.of(new UsageTotals.Group(key, sums))),
        new UsageCosts(cost, Map.of(key, cost)),
        List.of());
  }

  @Override
  public RecordPage records(RecordFilter filter) throws DatabaseAwayException {
    String state = filter.state() == null ? null : filter.state().column();
    String where =
        filter.equals(RecordFilter.latest(filter.limit(), filter.state())) ? "" : filter.where();
    answer("records " + filter.limit() + " " + state + where + String.join(",", filter.values()));
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("started_at", Instant.parse("2026-01-01T00:00:00Z"));
    row.put("streamed", true);
    row.put("prompt_tokens", 7L);
    row.put("error", null);
    row.put("session", "=1+1");
    RecordCursor next = new RecordCursor(1_767_225_600_000_001L, new UUID(1, 2));
    return new RecordPage(List.of(new StoredRecord(row)), next, null);
  }

  @Override
  public List<StoredRecord> record(UUID id) throws DatabaseAwayException {
    answer("record " + id);
    return List.of(new StoredRecord(Map.of("id", id.toString())));
  }

  @Override
  public List<CallGroup> newestGroups(Instant since, int most) throws DatabaseAwayException {
    answer("groups " + since + " " + most);
    return groups;
  }

  @Override
  public FirstEvents firstEvents(Instant since, int most) throws DatabaseAwayException {
    answer("first events " + since + " " + most);
    return new FirstEvents(9, 120L, 840L);
  }

  /** What is said of why usage is there or not. */
  public void say(List<CallGroup> calls) {
    groups = List.copyOf(calls);
  }

  public List<String> questions() {
    return questions;
  }

  /** This hour has lost rows. */
  public void lose(Instant hour) {
    gone = hour;
  }

  public void away() {
    away = true;
  }

  /** From now on no read ends before the latch is released. */
  public CountDownLatch hang() {
    gate = new CountDownLatch(1);
    return gate;
  }

  public void awaitReaders(int readers) throws InterruptedException {
    arrived.acquire(readers);
  }

  private void answer(String question) throws DatabaseAwayException {
    questions.add(question);
    arrived.release();
    try {
      gate.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    if (away) {
      throw new DatabaseAwayException(new SQLException("away"));
    }
  }
}
