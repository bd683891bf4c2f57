package dev.tailtap.http1;

/**
 * What can be wrong with the syntax or the framing of a request: one constant per rule, with the
 * text that the client is told and the place where the rule is written. All of them leave in doubt
 * what the following bytes are, so the connection ends with each.
 */
public enum RequestFault {
  EMPTY_LINES("more than one empty line came before the request line", "RFC 9112 section 2.2"),
  REQUEST_LINE(
      "the request line must be method, target and version, one space between each",
      "RFC 9112 section 3"),
  VERSION("the version must be written HTTP/1.1", "RFC 9112 section 2.3"),
  UNKNOWN_VERSION("the major version must be 1", "RFC 9110 section 15.6.6"),
  LINE_TOO_LONG("the request line is too long", "RFC 9112 section 3"),
  LINE_END("a line must end with CR LF, and CR stands nowhere else", "RFC 9112 section 2.2"),
  TARGET_BYTE("the target has a byte that no URI has", "RFC 9112 section 3.2"),
  TARGET_FORM(
      "the target must be a path, or a URI of http or https with a host", "RFC 9112 section 3.2"),
  DOT_SEGMENT("the path must not have dot segments", "RFC 3986 section 6.2.2.3"),
  ESCAPE(
      "an escape in the path must not stand for a control byte, for a byte that UTF-8 has not, or"
          + " for another escape three times over",
      "RFC 3986 section 7.3"),
  METHOD("this method is not served here", "RFC 9110 section 9.1"),

  FIELD_NAME("a field's name must be a token, and a colon must follow it", "RFC 9112 section 5.1"),
  FIELD_VALUE("a field's value has a control byte", "RFC 9110 section 5.5"),
  FOLDED("a field must stand on one line", "RFC 9112 section 5.2"),
  FIELDS_TOO_LARGE("the header fields are too large", "RFC 6585 section 5"),
  TOO_MANY_FIELDS("there are too many header fields", "RFC 6585 section 5"),

  HOST("exactly one Host field with a valid host is needed", "RFC 9112 section 3.2"),
  OTHER_HOST("Host must name the authority of the target", "RFC 9112 section 3.2.2"),
  CODING(
      "the only transfer coding can be one chunked, in HTTP/1.1, without a Content-Length",
      "RFC 9112 section 6.1"),
  LENGTH("Content-Length must be one plain number", "RFC 9112 section 6.3"),
  LOOKALIKE("a field's name must not imitate one that frames the message", "RFC 9112 section 11.2"),
  CONNECTION(
      "Connection must not list a field that belongs to the message", "RFC 9110 section 7.6.1"),
  MAX_FORWARDS("Max-Forwards must be one plain number", "RFC 9110 section 7.6.2"),
  CHUNK("the chunks of the body are malformed", "RFC 9112 section 7.1"),
  /** The scan passed it and Netty's decoder did not: where two parsers differ, nobody is right. */
  UNDECODABLE("it cannot be decoded", "RFC 9112 section 2.2");

  private final String text;
  private final String source;

  RequestFault(String text, String source) {
    this.text = text;
    this.source = source;
  }

  /** In our own words, without a byte of the request. */
  public String text() {
    return text;
  }

  /** Where the rule is written. */
  public String source() {
    return source;
  }
}
