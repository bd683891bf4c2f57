package dev.tailtap.store;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.UsageRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Function;

/**
 * The columns of {@code usage_record}, in their order: the only place that says which value of a
 * record goes where. Values are what the driver's arrays take; an absent one is null.
 */
@SuppressWarnings("ImmutableEnumChecker") // The functions capture nothing.
enum Column {
  ID("uuid", UsageRecord::id),
  STARTED_AT("int8", r -> Micros.of(r.startedAt())),
  ENDED_AT("int8", r -> Micros.of(r.end().at())),
  ROUTE("text", r -> CleanText.of(r.call().route())),
  UPSTREAM("text", r -> CleanText.of(r.call().upstream())),
  DIALECT("text", r -> CleanText.of(r.call().dialect())),
  METHOD("text", r -> CleanText.of(r.call().method())),
  PATH("text", r -> CleanText.of(r.call().path())),
  TENANT("text", r -> CleanText.of(r.call().tenant())),
  REQUEST_MODEL("text", r -> CleanText.of(r.request().model())),
  RESPONSE_MODEL("text", r -> CleanText.of(r.usage().responseModel())),
  RESPONSE_ID("text", r -> CleanText.of(r.usage().responseId())),
  FINISH_REASON("text", r -> CleanText.of(r.usage().finishReason())),
  STREAMED("bool", r -> r.isEnded() ? r.response().streamed() : null),
  HTTP_STATUS("int4", r -> r.response().status() == 0 ? null : r.response().status()),
  OUTCOME("text", r -> r.end().outcome().column()),
  USAGE_STATE("text", r -> r.usage().state().column()),
  PROMPT_TOKENS("int8", r -> r.usage().tokens().prompt()),
  COMPLETION_TOKENS("int8", r -> r.usage().tokens().completion()),
  TOTAL_TOKENS("int8", r -> r.usage().tokens().total()),
  CACHED_TOKENS("int8", r -> r.usage().tokens().cached()),
  CACHE_WRITE_TOKENS("int8", r -> r.usage().tokens().cacheWrite()),
  REASONING_TOKENS("int8", r -> r.usage().tokens().reasoning()),
  USAGE_RAW("text", r -> CleanText.of(r.usage().raw())),
  FRAMES("int8", r -> ended(r, r.usage().frames())),
  REQUEST_BYTES("int8", r -> ended(r, r.request().bytes())),
  RESPONSE_BYTES("int8", r -> ended(r, r.response().bytes())),
  FIRST_BYTE_MS("int8", r -> r.response().firstByteMs()),
  LATENCY_MS("int8", r -> ended(r, r.end().latencyMs())),
  ERROR("text", r -> CleanText.of(r.end().error())),
  USAGE_NOTE("text", r -> CleanText.of(r.usage().note())),
  ATTEMPT("int2", r -> (short) r.call().attempt().number()),
  CALL("uuid", r -> r.call().attempt().call()),
  DELIVERED("bool", r -> r.response().delivered()),
  UPSTREAM_KEY("text", r -> CleanText.of(r.call().attempt().upstreamKey())),
  SENT_MODEL("text", r -> CleanText.of(r.call().attempt().sentModel())),
  CACHE_WRITE_1H_TOKENS("int8", r -> r.usage().billed().cacheWrite1h()),
  AUDIO_PROMPT_TOKENS("int8", r -> r.usage().billed().audioPrompt()),
  AUDIO_COMPLETION_TOKENS("int8", r -> r.usage().billed().audioCompletion()),
  IMAGE_PROMPT_TOKENS("int8", r -> r.usage().billed().imagePrompt()),
  IMAGE_COMPLETION_TOKENS("int8", r -> r.usage().billed().imageCompletion()),
  SERVICE_TIER("text", r -> CleanText.of(r.usage().billed().serviceTier())),
  GEO("text", r -> CleanText.of(r.usage().billed().geo())),
  SPEED("text", r -> CleanText.of(r.usage().billed().speed())),
  UNITS("jsonb", r -> r.usage().billed().units()),
  PROVIDER_COST("numeric", r -> r.usage().billed().providerCost()),
  PROVIDER_CURRENCY("text", r -> CleanText.of(r.usage().billed().providerCurrency())),
  SESSION("text", r -> CleanText.of(r.call().caller().session())),
  AGENT("text", r -> CleanText.of(r.call().caller().agent())),
  CLIENT("text", r -> CleanText.of(r.call().caller().client())),
  CLIENT_RETRY("int4", r -> r.call().caller().clientRetry()),
  TAGS("jsonb", r -> r.call().caller().tags()),
  PROVIDER_REQUEST_ID("text", r -> CleanText.of(r.response().providerRequestId())),
  RELAY("text", r -> CleanText.of(r.call().relay())),
  FIRST_EVENT_MS("int8", r -> r.response().firstEventMs()),
  TRACE_ID("bytea", r -> bytes(r.call().traceId())),
  VIRTUAL_KEY("text", r -> CleanText.of(r.call().virtualKey()));

  private static final String BYTES = "\\x";

  private final String label = name().toLowerCase(Locale.ROOT);
  private final String type;
  private final Function<UsageRecord, Object> value;

  Column(String type, Function<UsageRecord, Object> value) {
    this.type = type;
    this.value = value;
  }

  /** Its name in the database. */
  String label() {
    return label;
  }

  /** The element type of the array that carries it. */
  String type() {
    return type;
  }

  /** Whether it travels as microseconds since 1970 and is a {@code timestamptz} in the table. */
  boolean isTime() {
    return this == STARTED_AT || this == ENDED_AT;
  }

  /** Its value in a row of the table, plain enough for any writer of JSON. */
  Object read(ResultSet row) throws SQLException {
    if (isTime()) {
      Timestamp time = row.getTimestamp(label);
      return time == null ? null : time.toInstant().toString();
    }
    return switch (type) {
      case "int8", "int4", "int2" -> {
        long number = row.getLong(label);
        yield row.wasNull() ? null : number;
      }
      case "numeric" -> row.getBigDecimal(label);
      case "jsonb" -> {
        String text = row.getString(label);
        yield text == null ? null : new StoredRecord.Json(text);
      }
      case "bool" -> {
        boolean flag = row.getBoolean(label);
        yield row.wasNull() ? null : flag;
      }
      case "bytea" -> {
        byte[] bytes = row.getBytes(label);
        yield bytes == null ? null : HexFormat.of().formatHex(bytes);
      }
      default -> row.getString(label);
    };
  }

  /** What is only known of a call whose end was seen. */
  private static Long ended(UsageRecord record, long value) {
    return record.isEnded() ? value : null;
  }

  /** As the database reads hex digits. */
  private static String bytes(String hex) {
    return hex == null ? null : BYTES + hex;
  }

  /** The same value as {@link #read} gives it, of a record that is no row yet. */
  Object plain(UsageRecord record) {
    Object held = of(record);
    if (held == null) {
      return null;
    }
    if (isTime()) {
      return Micros.instant((Long) held).toString();
    }
    return switch (type) {
      case "jsonb" -> new StoredRecord.Json((String) held);
      case "bytea" -> ((String) held).substring(BYTES.length());
      default -> held;
    };
  }

  Object of(UsageRecord record) {
    return value.apply(record);
  }
}
