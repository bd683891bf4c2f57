package dev.tailtap.admin;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** A database of one answer that can be away or hang, and remembers what it was asked. */
final class FakeReads implements UsageReads {
  private final List<String> questions = new CopyOnWriteArrayList<>();
  private final Semaphore arrived = new Semaphore(0);
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile boolean away;

  @Override
  public Totals stats(Instant from, Instant to, String by) throws UnavailableException {
    answer("stats " + from + " " + to + " " + by);
    Sums sums = new Sums(3, 2, 30, 12, 42);
    return new Totals(sums, List.of(new Group("a \"b\"", sums)));
  }

  @Override
  public List<Map<String, Object>> records(int limit, String usageState)
      throws UnavailableException {
    answer("records " + limit + " " + usageState);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("started_at", Instant.parse("2026-01-01T00:00:00Z"));
    row.put("streamed", true);
    row.put("prompt_tokens", 7L);
    row.put("error", null);
    return List.of(row);
  }

  List<String> questions() {
    return questions;
  }

  void away() {
    away = true;
  }

  /** From now on no read ends before the latch is released. */
  CountDownLatch hang() {
    gate = new CountDownLatch(1);
    return gate;
  }

  void awaitReaders(int readers) throws InterruptedException {
    arrived.acquire(readers);
  }

  private void answer(String question) throws UnavailableException {
    questions.add(question);
    arrived.release();
    try {
      gate.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    if (away) {
      throw new UnavailableException(new IllegalStateException("away"));
    }
  }
}
