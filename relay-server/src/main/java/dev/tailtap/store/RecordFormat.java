package dev.tailtap.store;

import static dev.tailtap.store.Packing.getLong;
import static dev.tailtap.store.Packing.getNullable;
import static dev.tailtap.store.Packing.getText;
import static dev.tailtap.store.Packing.putLong;
import static dev.tailtap.store.Packing.putNullable;
import static dev.tailtap.store.Packing.putText;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/**
 * How records lie in the journal: a version, then the fields in their order. A later version may
 * add fields at the end, which an older relay does not look at; what cannot be read is the
 * journal's to set aside, never to drop.
 */
final class RecordFormat {
  private static final byte FIRST = 1;

  /** The version that added the try, and whether the client got the answer. */
  private static final byte TRIES = 2;

  /** The version that added {@link RecordExtras}. */
  private static final byte EXTRAS = 3;

  /** What a row says of a call that was under way when its relay died. */
  private static final String STOPPED = "relay_stopped";

  private RecordFormat() {}

  static void write(ByteBuffer out, OpenRecord record, Instant startedAt) {
    out.put(EXTRAS);
    putId(out, record.id());
    putTime(out, startedAt);
    putWay(out, record);
    putTry(out, record);
    RecordExtras.of(record).write(out);
  }

  /** The row of a call that has no end. */
  static UsageRecord readInterrupted(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content);
    byte version = getVersion(in);
    OpenRecord call = getCall(in, getId(in), getTime(in));
    OpenRecord tried = version < TRIES ? call : call.withAttempt(getTry(in, call));
    RecordExtras extras = version < EXTRAS ? RecordExtras.NONE : RecordExtras.read(in);
    return UsageRecord.interrupted(extras.addTo(tried), STOPPED);
  }

  static void write(ByteBuffer out, UsageRecord record, Instant startedAt) {
    out.put(EXTRAS);
    putId(out, record.id());
    putTime(out, startedAt);
    putTime(out, record.end().at());
    putWay(out, record.call());
    putText(out, record.request().model());
    out.put((byte) (record.response().streamed() ? 1 : 0));
    putLong(out, record.response().status());
    putText(out, record.end().outcome() == null ? null : record.end().outcome().column());
    putReading(out, record.usage());
    putLong(out, record.request().bytes());
    putLong(out, record.response().bytes());
    putNullable(out, record.response().firstByteMs());
    putLong(out, record.end().latencyMs());
    putText(out, record.end().error());
    putTry(out, record.call());
    putFlag(out, record.response().delivered());
    RecordExtras.of(record).write(out);
  }

  static UsageRecord read(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content);
    byte version = getVersion(in);
    UUID id = getId(in);
    Instant startedAt = getTime(in);
    Instant endedAt = getTime(in);
    OpenRecord call = getCall(in, id, startedAt);
    String requestModel = getText(in);
    boolean streamed = in.get() != 0;
    int status = (int) getLong(in);
    Outcome outcome = constant(Outcome.class, getText(in));
    UsageReading usage = getReading(in);
    UsageRecord.Request request = new UsageRecord.Request(requestModel, getLong(in));
    long responseBytes = getLong(in);
    Long firstByteMs = getNullable(in);
    UsageRecord.End end = new UsageRecord.End(endedAt, getLong(in), outcome, getText(in));
    boolean tries = version >= TRIES;
    OpenRecord tried = tries ? call.withAttempt(getTry(in, call)) : call;
    UsageRecord.Response response =
        new UsageRecord.Response(
            status, streamed, responseBytes, firstByteMs, tries ? getFlag(in) : null);
    RecordExtras extras = version < EXTRAS ? RecordExtras.NONE : RecordExtras.read(in);
    return extras.addTo(new UsageRecord(tried, request, response, usage, end));
  }

  private static void putWay(ByteBuffer out, OpenRecord call) {
    putText(out, call.route());
    putText(out, call.upstream());
    putText(out, call.dialect());
    putText(out, call.method());
    putText(out, call.path());
    putText(out, call.tenant());
  }

  private static OpenRecord getCall(ByteBuffer in, UUID id, Instant startedAt) {
    return new OpenRecord(
        id,
        startedAt,
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        getText(in),
        Try.of(id));
  }

  private static void putTry(ByteBuffer out, OpenRecord call) {
    Try attempt = call.attempt();
    putLong(out, attempt.number());
    boolean first = attempt.call().equals(call.id());
    out.put((byte) (first ? 0 : 1));
    if (!first) {
      putId(out, attempt.call());
    }
    putText(out, attempt.upstreamKey());
    putText(out, attempt.sentModel());
  }

  private static Try getTry(ByteBuffer in, OpenRecord call) {
    int number = Math.toIntExact(getLong(in));
    UUID first = in.get() == 0 ? call.id() : getId(in);
    return new Try(number, first, getText(in), getText(in));
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
    putTokens(out, usage.tokens());
    putText(out, usage.raw());
    putLong(out, usage.frames());
    putText(out, usage.note());
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
        getTokens(in),
        getText(in),
        getLong(in),
        getText(in));
  }

  private static void putTokens(ByteBuffer out, Tokens tokens) {
    putNullable(out, tokens.prompt());
    putNullable(out, tokens.completion());
    putNullable(out, tokens.total());
    putNullable(out, tokens.cached());
    putNullable(out, tokens.cacheWrite());
    putNullable(out, tokens.reasoning());
  }

  private static Tokens getTokens(ByteBuffer in) {
    return new Tokens(
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in),
        getNullable(in));
  }

  private static byte getVersion(ByteBuffer in) {
    byte version = in.get();
    if (version < FIRST) {
      throw new IllegalArgumentException("a record of version " + version);
    }
    return version;
  }

  private static void putFlag(ByteBuffer out, Boolean flag) {
    out.put((byte) (flag == null ? 0 : flag ? 2 : 1));
  }

  private static Boolean getFlag(ByteBuffer in) {
    byte flag = in.get();
    return flag == 0 ? null : Boolean.valueOf(flag == 2);
  }

  private static void putId(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static UUID getId(ByteBuffer in) {
    return new UUID(in.getLong(), in.getLong());
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
