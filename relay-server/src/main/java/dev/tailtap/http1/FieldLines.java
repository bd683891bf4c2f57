package dev.tailtap.http1;

/**
 * Reads the lines of a header or trailer section, byte by byte, up to and with the empty line (RFC
 * 9112 section 5): a token, a colon at once, a value without control bytes, CR LF. No folding, no
 * line that begins with white space, but where it forgives what a response may have (section 5.1,
 * 5.2). It keeps nothing but its place and two counts.
 *
 * <pre>
 * START ─token byte─► NAME ─:─► VALUE ─CR─► VALUE_LF ─LF─► START ─CR─► END_LF ─LF─► COMPLETE
 *                       └─blank─► COLON ─:─┘   (forgiving; and START ─blank─► VALUE)
 * </pre>
 */
final class FieldLines {
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";
  private static final long TOKEN_LOW = mask(0);
  private static final long TOKEN_HIGH = mask(64);

  private enum State {
    START,
    NAME,
    COLON,
    VALUE,
    VALUE_LF,
    END_LF,
    COMPLETE
  }

  private final int maxBytes;
  private final int maxLines;
  private final boolean forgiving;
  private State state = State.START;
  private int bytes;
  private int lines;

  /** With the limits of each section. */
  FieldLines(int maxBytes, int maxLines, boolean forgiving) {
    this.maxBytes = maxBytes;
    this.maxLines = maxLines;
    this.forgiving = forgiving;
  }

  /** Begins another section. */
  void begin() {
    state = State.START;
    bytes = 0;
    lines = 0;
  }

  boolean complete() {
    return state == State.COMPLETE;
  }

  /** Takes one byte: null, or what is wrong with it. */
  RequestFault take(byte b) {
    if (++bytes > maxBytes) {
      return RequestFault.FIELDS_TOO_LARGE;
    }
    return switch (state) {
      case START -> start(b);
      case NAME -> name(b);
      case COLON -> colon(b);
      case VALUE -> value(b);
      case VALUE_LF -> lineFeed(b, State.START);
      case END_LF -> lineFeed(b, State.COMPLETE);
      case COMPLETE -> RequestFault.LINE_END;
    };
  }

  /** Whether a byte may stand in a token (RFC 9110 section 5.6.2). */
  static boolean isToken(byte b) {
    return b >= 0 && ((b < 64 ? TOKEN_LOW : TOKEN_HIGH) >>> b & 1) != 0;
  }

  private RequestFault start(byte b) {
    if (b == '\r') {
      state = State.END_LF;
      return null;
    }
    if (b == ' ' || b == '\t') {
      state = State.VALUE;
      return forgiving && lines > 0 ? null : RequestFault.FOLDED;
    }
    state = State.NAME;
    if (!isToken(b)) {
      return b == '\n' ? RequestFault.LINE_END : RequestFault.FIELD_NAME;
    }
    return ++lines > maxLines ? RequestFault.TOO_MANY_FIELDS : null;
  }

  private RequestFault name(byte b) {
    if (b == ':') {
      state = State.VALUE;
      return null;
    }
    if (forgiving && (b == ' ' || b == '\t')) {
      state = State.COLON;
      return null;
    }
    return isToken(b) ? null : RequestFault.FIELD_NAME;
  }

  private RequestFault colon(byte b) {
    if (b == ':') {
      state = State.VALUE;
      return null;
    }
    return b == ' ' || b == '\t' ? null : RequestFault.FIELD_NAME;
  }

  private RequestFault value(byte b) {
    if (b == '\r') {
      state = State.VALUE_LF;
      return null;
    }
    if (b == '\n') {
      return RequestFault.LINE_END;
    }
    boolean control = b >= 0 && b < ' ' && b != '\t';
    return control || b == 127 ? RequestFault.FIELD_VALUE : null;
  }

  private RequestFault lineFeed(byte b, State next) {
    state = next;
    return b == '\n' ? null : RequestFault.LINE_END;
  }

  private static long mask(int from) {
    long mask = 0;
    for (int i = 0; i < 64; i++) {
      char c = (char) (from + i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (letter || (c >= '0' && c <= '9') || TOKEN_MARKS.indexOf(c) >= 0) {
        mask |= 1L << i;
      }
    }
    return mask;
  }
}
