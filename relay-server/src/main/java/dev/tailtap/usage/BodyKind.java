package dev.tailtap.usage;

import io.netty.util.AsciiString;

/** What a response body is, by its media type; decides how the tap finds documents in it. */
public enum BodyKind {
  /** {@code text/event-stream}. */
  EVENT_STREAM,
  /** One JSON document, or an array that is streamed element by element. */
  JSON,
  /** A JSON document per line. */
  LINES,
  /** Amazon's binary event stream. */
  AWS_EVENT_STREAM,
  /** Nothing, or a type that says nothing: the first byte tells. */
  UNDECLARED,
  /** Audio, images, forms: not read. */
  OPAQUE;

  /**
   * By the field {@code Content-Type}, compared without case and parameters; null: none was sent.
   */
  public static BodyKind of(CharSequence contentType) {
    if (contentType == null || contentType.length() == 0) {
      return UNDECLARED;
    }
    int semicolon = AsciiString.indexOf(contentType, ';', 0);
    CharSequence type =
        AsciiString.trim(semicolon < 0 ? contentType : contentType.subSequence(0, semicolon));
    if (is(type, "text/event-stream")) {
      return EVENT_STREAM;
    }
    if (is(type, "application/x-ndjson")
        || is(type, "application/ndjson")
        || is(type, "application/jsonl")
        || is(type, "application/x-jsonlines")
        || is(type, "application/stream+json")) {
      return LINES;
    }
    if (is(type, "application/vnd.amazon.eventstream")) {
      return AWS_EVENT_STREAM;
    }
    if (is(type, "application/json") || is(type, "text/json") || endsWithJson(type)) {
      return JSON;
    }
    boolean silent = is(type, "application/octet-stream") || is(type, "text/plain");
    return silent ? UNDECLARED : OPAQUE;
  }

  /** The text in the column {@code usage_note}. */
  String note() {
    return switch (this) {
      case EVENT_STREAM -> "body=event-stream";
      case JSON -> "body=json";
      case LINES -> "body=lines";
      case AWS_EVENT_STREAM -> "body=aws-event-stream";
      case UNDECLARED -> "body=undeclared";
      case OPAQUE -> "body=opaque";
    };
  }

  /** Whether it comes piece by piece: the column {@code streamed}. */
  public boolean streamed() {
    return switch (this) {
      case EVENT_STREAM, LINES, AWS_EVENT_STREAM -> true;
      case JSON, UNDECLARED, OPAQUE -> false;
    };
  }

  private static boolean is(CharSequence type, String name) {
    return AsciiString.contentEqualsIgnoreCase(type, name);
  }

  private static boolean endsWithJson(CharSequence type) {
    int start = type.length() - 5;
    return start > 0 && is(type.subSequence(start, type.length()), "+json");
  }
}
