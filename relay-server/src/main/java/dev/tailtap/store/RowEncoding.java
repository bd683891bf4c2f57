package dev.tailtap.store;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * All that records become on their way, from the journal's bytes to the row's line for the
 * database, and goes nowhere: what a rehearsal does of a store. One thread.
 */
public final class RowEncoding {
  private static final int BYTES = 1 << 16;

  private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES);
  private final StringBuilder line = new StringBuilder();

  /** As the journal takes the beginning of a call. */
  public void open(OpenRecord record) {
    RecordFormat.write(bytes.clear(), record, record.startedAt());
  }

  /** As the journal takes the end of a call, and the writer reads and sends it. */
  public void close(UsageRecord record) {
    Instant startedAt = record.startedAt();
    RecordFormat.write(bytes.clear(), record, startedAt);
    byte[] content = new byte[bytes.flip().remaining()];
    bytes.get(content);
    line.setLength(0);
    RowCopy.append(RecordFormat.read(content), Column::of, line);
  }
}
