package dev.tailtap.store;

import dev.tailtap.journal.Entry;
import dev.tailtap.record.OpenRecord;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

/**
 * The beginning of a call as the journal takes it; kept in memory until the call has ended, or has
 * begun anew.
 */
final class OpenEntry implements Entry {
  private final OpenRecord record;
  private final StartWindow window;

  /** Null: nobody waits. Dropped once run. The journal's thread, once it is offered. */
  private Runnable written;

  /**
   * Decided when the call is first written, then the same for all of its life. Who offers it, and
   * then the journal's thread.
   */
  private Instant startedAt;

  OpenEntry(OpenRecord record, StartWindow window) {
    this.record = record;
    this.window = window;
  }

  /** Who is told once it is written; before it is offered. */
  OpenEntry telling(Runnable who) {
    written = who;
    return this;
  }

  Instant startedAt() {
    return startedAt;
  }

  @Override
  public UUID call() {
    return record.id();
  }

  @Override
  public boolean closes() {
    return false;
  }

  @Override
  public void encode(ByteBuffer out, Entry opened) {
    if (startedAt == null) {
      startedAt =
          opened instanceof OpenEntry before
              ? before.startedAt()
              : window.clamp(record.startedAt());
    }
    RecordFormat.write(out, record, startedAt);
  }

  @Override
  public void acknowledge() {
    Runnable listener = written;
    written = null;
    listener.run();
  }
}
