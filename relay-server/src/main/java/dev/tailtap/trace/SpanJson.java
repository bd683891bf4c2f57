package dev.tailtap.trace;

import dev.tailtap.record.CleanText;
import java.time.Instant;
import java.util.HexFormat;
import tools.jackson.core.JsonGenerator;

/**
 * The members of a span in OTLP's JSON: ids in hex, 64-bit numbers as strings (opentelemetry.io,
 * "OTLP specification", JSON Protobuf encoding). One thread.
 */
record SpanJson(JsonGenerator out) {
  static final int SERVER = 2;
  static final int CLIENT = 3;
  private static final int REMOTE_KNOWN = 0x100;
  private static final int REMOTE = 0x200;
  private static final long NANOS_PER_SECOND = 1_000_000_000; // a long has room until 2262

  /**
   * Begins one.
   *
   * @param parent 0: none
   * @param remote whether that is another program's
   */
  void begin(String traceId, long spanId, long parent, int flags, boolean remote) {
    HexFormat hex = HexFormat.of();
    out.writeStartObject();
    out.writeStringProperty("traceId", traceId);
    out.writeStringProperty("spanId", hex.toHexDigits(spanId));
    if (parent != 0) {
      out.writeStringProperty("parentSpanId", hex.toHexDigits(parent));
    }
    out.writeNumberProperty("flags", (flags & 0xff) | REMOTE_KNOWN | (remote ? REMOTE : 0));
  }

  void what(String name, int kind, Instant start, Instant end) {
    out.writeStringProperty("name", CleanText.of(name));
    out.writeNumberProperty("kind", kind);
    out.writeStringProperty("startTimeUnixNano", nanos(start));
    out.writeStringProperty("endTimeUnixNano", nanos(end));
    out.writeArrayPropertyStart("attributes");
  }

  private static String nanos(Instant time) {
    return Long.toString(time.getEpochSecond() * NANOS_PER_SECOND + time.getNano());
  }

  /** An attribute; null: it has none. */
  void text(String key, String value) {
    if (value != null) {
      key(key).writeStringProperty("stringValue", CleanText.of(value));
      out.writeEndObject().writeEndObject();
    }
  }

  /** The same of one that may have several values. */
  void texts(String key, String value) {
    if (value != null) {
      key(key).writeObjectPropertyStart("arrayValue").writeArrayPropertyStart("values");
      out.writeStartObject().writeStringProperty("stringValue", CleanText.of(value));
      out.writeEndObject().writeEndArray().writeEndObject();
      out.writeEndObject().writeEndObject();
    }
  }

  void number(String key, Long value) {
    if (value != null) {
      key(key).writeStringProperty("intValue", value.toString());
      out.writeEndObject().writeEndObject();
    }
  }

  private JsonGenerator key(String key) {
    return out.writeStartObject().writeStringProperty("key", key).writeObjectPropertyStart("value");
  }

  /** Ends one; null: nothing went wrong, as far as it is this span's to say. */
  void end(String error) {
    text("error.type", error);
    out.writeEndArray();
    out.writeObjectPropertyStart("status");
    if (error != null) {
      out.writeNumberProperty("code", 2);
    }
    out.writeEndObject().writeEndObject();
  }
}
