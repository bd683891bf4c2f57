package dev.tailtap.store;

import dev.tailtap.usage.Outcome;
import dev.tailtap.usage.UsageReading;
import dev.tailtap.usage.UsageRecord;
import dev.tailtap.usage.UsageState;
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
    return new UsageRecord(
        new UUID(started.toEpochMilli() << 16 | 0x7000, 0x8000_0000_0000_0000L | n),
        started,
        started.plusMillis(900),
        "chat",
        "openai",
        "openai-chat",
        "POST",
        "/v1/chat/completions",
        "3f0c2d5e9a7b4c61-" + n % 20,
        "example-" + n % 3,
        true,
        200,
        Outcome.COMPLETED,
        reading(n),
        812,
        10_240,
        180L,
        900,
        null);
  }

  private static UsageReading reading(long n) {
    return new UsageReading(
        UsageState.FINAL,
        "example-" + n % 3,
        "chatcmpl-" + n,
        "stop",
        120L,
        34L,
        154L,
        64L,
        null,
        20L,
        RAW,
        50,
        "asked=relay body=event-stream last=done");
  }
}
