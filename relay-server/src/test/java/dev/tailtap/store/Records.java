package dev.tailtap.store;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Records to write, and waiting for what another thread does with them. */
public final class Records {
  static final Instant START = Instant.parse("2026-03-01T10:15:30.123456Z");

  private Records() {}

  public static UsageRecord record(int number) {
    return record(number, "/v1/chat/completions", "gpt-x", 10L, 5L);
  }

  public static UsageRecord record(
      int number, String path, String model, Long prompt, Long completion) {
    Long total = prompt == null || completion == null ? null : prompt + completion;
    UsageReading usage =
        new UsageReading(
            prompt == null ? UsageState.ABSENT : UsageState.FINAL,
            model,
            "resp-" + number,
            "stop",
            new Tokens(prompt, completion, total, null, null, null),
            prompt == null ? null : "{\"n\":" + number + "}",
            7,
            "body=json last=usage");
    return with(number, path, usage);
  }

  public static UsageRecord with(int number, String path, UsageReading usage) {
    return with(number, START.plusMillis(number), "tenant-" + number % 3, 200, path, usage);
  }

  /** A plain one that began then. */
  public static UsageRecord at(int number, Instant started) {
    UsageReading usage = record(number).usage();
    return with(number, started, "tenant", 200, "/", usage);
  }

  /** One without usage. */
  public static UsageRecord answered(int number, String tenant, String model, int status) {
    UsageRecord record = record(number, "/", model, null, null);
    return with(number, record.startedAt(), tenant, status, "/", record.usage());
  }

  private static UsageRecord with(
      int number, Instant started, String tenant, int status, String path, UsageReading usage) {
    UUID id = new UUID(0x0190_0000_0000_7000L + number, 0x8000_0000_0000_0000L | number);
    OpenRecord call =
        new OpenRecord(
            id, started, "openai", "main", "openai-chat", "POST", path, tenant, Try.of(id));
    return new UsageRecord(
        call,
        new UsageRecord.Request("asked-model", 1_000),
        new UsageRecord.Response(status, true, 2_000, 40L, true),
        usage,
        new UsageRecord.End(started.plusMillis(250), 250, Outcome.COMPLETED, null));
  }

  /** The same record as another try. */
  static UsageRecord tried(UsageRecord record, Try attempt, Boolean delivered) {
    UsageRecord.Response answer = record.response();
    return new UsageRecord(
        record.call().withAttempt(attempt),
        record.request(),
        new UsageRecord.Response(
            answer.status(), answer.streamed(), answer.bytes(), answer.firstByteMs(), delivered),
        record.usage(),
        record.end());
  }

  /** The same beginning, at another upstream. */
  static OpenRecord sentTo(OpenRecord call, String upstream) {
    return new OpenRecord(
        call.id(),
        call.startedAt(),
        call.route(),
        upstream,
        call.dialect(),
        call.method(),
        call.path(),
        call.tenant(),
        call.attempt());
  }

  public static List<UsageRecord> many(int from, int count) {
    List<UsageRecord> records = new ArrayList<>();
    for (int number = from; number < from + count; number++) {
      records.add(record(number));
    }
    return records;
  }

  public static void offer(UsageStore store, List<UsageRecord> records) {
    for (UsageRecord record : records) {
      if (!store.reserve()) {
        throw new AssertionError("no room for a record");
      }
      store.closeCall(record, () -> {});
    }
  }

  /** How often the writer was at odds with the database. */
  public static long failures(Stats stats) {
    long failures = 0;
    for (FailureKind kind : FailureKind.values()) {
      failures += stats.value(Metric.DB_ERRORS, kind.label());
    }
    return failures;
  }

  /** A small journal, on whatever disk the tests run. */
  public static JournalConfig journal(Path dir) {
    return new JournalConfig(dir, 64 << 20, 1, false);
  }

  /** The same, for processes that hand over to each other. */
  static JournalConfig sharedJournal(Path dir) {
    return new JournalConfig(dir, 64 << 20, 1, true);
  }

  /** Looks again and again until it holds; the limit is only there to end a broken test. */
  public static void await(String what, BooleanSupplier holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain: " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}
