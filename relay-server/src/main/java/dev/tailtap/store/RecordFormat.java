package dev.tailtap.store;

import static dev.tailtap.store.Packing.getLong;
import static dev.tailtap.store.Packing.getNullable;
import static dev.tailtap.store.Packing.getText;
import static dev.tailtap.store.Packing.putLong;
import static dev.tailtap.store.Packing.putNullable;
import static dev.tailtap.store.Packing.putText;

import dev.tailtap.usage.OpenRecord;
import dev.tailtap.usage.Outcome;
import dev.tailtap.usage.UsageReading;
import dev.tailtap.usage.UsageRecord;
import dev.tailtap.usage.UsageState;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/**
 * How records lie in the journal: a version, then the fields in their order. A later version may
 * add fields at the end; what cannot be read is the journal's to set aside, never to drop.
 */
final class RecordFormat {
  private static final byte VERSION = 1;

  /** What a row says of a call that was under way when its relay died. */
  private static final String STOPPED = "relay_stopped";

  private RecordFormat() {}

  static void write(ByteBuffer out, OpenRecord record, Instant startedAt) {
    out.put(VERSION);
    putId(out, record.id());
    putTime(out, startedAt);
    putText(out, record.route());
    putText(out, record.upstream());
    putText(out, record.dialect());
    putText(out, record.method());
    putText(out, record.path());
    putText(out, record.tenant());
  }

  /** The row of a call that has no end: its beginning is all that is known. */
  static UsageRecord readInterrupted(byte[] content) {
    ByteBuffer in = versioned(content);
    return new UsageRecord(
        new UUID(in.getLong(), in.getLong()),
        getTime(in),
        null,
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        null,
        false,
        0,
        Outcome.INTERRUPTED,
        UsageReading.NONE,
        0,
        0,
        null,
        0,
        STOPPED);
  }

  static void write(ByteBuffer out, UsageRecord record, Instant startedAt) {
    out.put(VERSION);
    putId(out, record.id());
    putTime(out, startedAt);
    putTime(out, record.endedAt());
    putText(out, record.route());
    putText(out, record.upstream());
    putText(out, record.dialect());
    putText(out, record.method());
    putText(out, record.path());
    putText(out, record.tenant());
    putText(out, record.requestModel());
    putEnding(out, record);
  }

  private static void putEnding(ByteBuffer out, UsageRecord record) {
    out.put((byte) (record.streamed() ? 1 : 0));
    putLong(out, record.httpStatus());
    putText(out, record.outcome() == null ? null : record.outcome().column());
    putReading(out, record.usage());
    putLong(out, record.requestBytes());
    putLong(out, record.responseBytes());
    putNullable(out, record.firstByteMs());
    putLong(out, record.latencyMs());
    putText(out, record.error());
  }

  static UsageRecord read(byte[] content) {
    ByteBuffer in = versioned(content);
    return new UsageRecord(
        new UUID(in.getLong(), in.getLong()),
        getTime(in),
        getTime(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        in.get() != 0,
        (int) getLong(in),
        constant(Outcome.class, getText(in)),
        getReading(in),
        getLong(in),
        getLong(in),
        getNullable(in),
        getLong(in),
        getText(in));
  }

  private static void putReading(ByteBuffer out, UsageReading usage) {
    out.put((byte) (usage == null ? 0 : 1));
    if (usage == null) {
      return;
    }
    putText(out, usage.state() == null ? null : usage.state().column());
    putText(out, usage.responseModel());
    putText(out, usage.responseId());
    putText(out, usage.finishReason());
    putCounts(out, usage);
    putText(out, usage.raw());
    putLong(out, usage.frames());
    putText(out, usage.note());
  }

  private static void putCounts(ByteBuffer out, UsageReading usage) {
    putNullable(out, usage.promptTokens());
    putNullable(out, usage.completionTokens());
    putNullable(out, usage.totalTokens());
    putNullable(out, usage.cachedTokens());
    putNullable(out, usage.cacheWriteTokens());
    putNullable(out, usage.reasoningTokens());
  }

  private static UsageReading getReading(ByteBuffer in) {
    if (in.get() == 0) {
      return null;
    }
    return new UsageReading(
        constant(UsageState.class, getText(in)),
        getText(in),
        getText(in),
        getText(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getText(in),
        getLong(in),
        getText(in));
  }

  private static ByteBuffer versioned(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content);
    byte version = in.get();
    if (version < VERSION) {
      throw new IllegalArgumentException("a record of version " + version);
    }
    return in;
  }

  private static void putId(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static void putTime(ByteBuffer out, Instant time) {
    putNullable(out, Micros.of(time));
  }

  private static Instant getTime(ByteBuffer in) {
    Long micros = getNullable(in);
    return micros == null ? null : Micros.instant(micros);
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String column) {
    return column == null ? null : Enum.valueOf(type, column.toUpperCase(Locale.ROOT));
  }
}
