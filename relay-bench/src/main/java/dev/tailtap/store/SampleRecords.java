package dev.tailtap.store;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Caller;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Records as a busy day brings them, each with an id of its own that grows like a UUIDv7. */
final class SampleRecords {
  private static final String RAW =
      "{\"prompt_tokens\":120,\"completion_tokens\":34,\"total_tokens\":154,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":64}}";

  private static final Caller CALLER =
      new Caller(
          "0b8f4d1e-8c7a-4f57-9d1c-1f6f6f1f8a11",
          "agent-1",
          "OpenAI/Python",
          0,
          "{\"team\":\"a\"}");

  private static final Billed BILLED =
      new Billed(
          10L,
          8L,
          4L,
          16L,
          2L,
          "default",
          "us",
          "standard",
          "{\"web_searches\":2}",
          new BigDecimal("0.000123"),
          "USD");

  private long number;

  List<UsageRecord> next(int count) {
    List<UsageRecord> records = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      records.add(next());
    }
    return records;
  }

  UsageRecord next() {
    long n = number++;
    Instant started = Instant.now().truncatedTo(ChronoUnit.MICROS);
    UUID id = new UUID(started.toEpochMilli() << 16 | 0x7000, 0x8000_0000_0000_0000L | n);
    OpenRecord call =
        new OpenRecord(
            id,
            started,
            "chat",
            "openai",
            "openai-chat",
            "POST",
            "/v1/chat/completions",
            "3f0c2d5e9a7b4c61-" + n % 20,
            Try.of(id),
            CALLER,
            "relay-1",
            null,
            null);
    return new UsageRecord(
        call,
        new UsageRecord.Request("example-" + n % 3, 812),
        new UsageRecord.Response(200, true, 10_240, 180L, 182L, true, "req-" + n),
        reading(n),
        new UsageRecord.End(started.plusMillis(900), 900, Outcome.COMPLETED, null));
  }

  private static UsageReading reading(long n) {
    return new UsageReading(
        UsageState.FINAL,
        "example-" + n % 3,
        "chatcmpl-" + n,
        "stop",
        new Tokens(120L, 34L, 154L, 64L, 20L, 20L),
        BILLED,
        RAW,
        50,
        "asked=relay body=event-stream last=done");
  }
}
