package dev.tailtap.store;

import dev.tailtap.journal.Entry;
import dev.tailtap.record.UsageRecord;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

/** The end of a call as the journal takes it. */
record CloseEntry(UsageRecord record, StartWindow window, Runnable durable) implements Entry {
  @Override
  public UUID call() {
    return record.id();
  }

  @Override
  public boolean closes() {
    return true;
  }

  @Override
  public void encode(ByteBuffer out, Entry opened) {
    Instant startedAt =
        opened instanceof OpenEntry begin ? begin.startedAt() : window.clamp(record.startedAt());
    RecordFormat.write(out, record, startedAt);
  }

  @Override
  public void acknowledge() {
    durable.run();
  }
}
