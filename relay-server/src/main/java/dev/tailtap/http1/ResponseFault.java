package dev.tailtap.http1;

/**
 * What can be wrong with the syntax or the framing of a response: one constant per rule, with a
 * word for logs that stays as it is, and the place where the rule is written.
 */
public enum ResponseFault {
  STATUS_LINE("status-line", "RFC 9112 section 4"),
  VERSION("version", "RFC 9112 section 2.3"),
  STATUS_CODE("status-code", "RFC 9110 section 15"),
  FIELD_NAME("field-name", "RFC 9112 section 5.1"),
  FIELD_VALUE("field-value", "RFC 9110 section 5.5"),
  HEAD_TOO_LARGE("head-too-large", "RFC 9110 section 5.4"),
  /** Netty's decoder does not take it for a reason of its own. */
  UNDECODABLE("undecodable-head", "RFC 9112 section 2.2"),
  LENGTH_AND_CODING("length-and-coding", "RFC 9112 section 6.3"),
  LENGTH("content-length", "RFC 9112 section 6.3"),
  CODING("transfer-coding", "RFC 9112 section 6.1"),
  SWITCHING("switching-protocols", "RFC 9110 section 7.8"),

  CHUNK_SIZE("chunk-size", "RFC 9112 section 7.1"),
  CHUNK_EXTENSION("chunk-extension", "RFC 9112 section 7.1.1"),
  EXTENSION_TOO_LARGE("chunk-extension-too-large", "RFC 9112 section 7.1.1"),
  CHUNK_END("chunk-end", "RFC 9112 section 7.1"),
  TRAILER("trailer", "RFC 9112 section 7.1.2"),
  TRAILER_TOO_LARGE("trailer-too-large", "RFC 9112 section 7.1.2");

  private final String rule;
  private final String source;

  ResponseFault(String rule, String source) {
    this.rule = rule;
    this.source = source;
  }

  /** The rule that was broken, in one word. */
  public String rule() {
    return rule;
  }

  /** Where the rule is written. */
  public String source() {
    return source;
  }
}
