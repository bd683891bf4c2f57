package dev.tailtap.usage;

import java.util.HexFormat;

/**
 * The last model that a request named in whole, as JSON text: bounded, and read only when asked
 * for. Confined to one event loop.
 */
final class ModelName {
  private static final int LONGEST_ESCAPE = 6;

  private final int limit;
  private Bytes open;
  private Bytes whole;
  private boolean said;
  private boolean seen;
  private boolean twice;
  private long at; // its opening quote
  private long end; // after its closing one

  /**
   * @param limit characters of it that matter
   */
  ModelName(int limit) {
    this.limit = limit;
    // One more pair of halves, so that the last character that matters is known in whole.
    int room = LONGEST_ESCAPE * (limit + 2);
    open = new Bytes(room);
    whole = new Bytes(room);
  }

  /** A member is named so, with whatever value, or nearly so. */
  void see() {
    twice |= seen;
    seen = true;
  }

  boolean isSeen() {
    return seen;
  }

  boolean isTwice() {
    return twice;
  }

  /** Its opening quote is there. */
  void begin(long quote) {
    open.clear();
    at = quote;
  }

  void append(byte[] text, int from, int to) {
    open.append(text, from, to);
  }

  /** Its closing quote was before there. */
  void end(long behind) {
    said = true;
    end = behind;
    Bytes former = whole;
    whole = open;
    open = former;
  }

  boolean isEmpty() {
    return !said;
  }

  /** Null: none was named. */
  String text() {
    if (!said) {
      return null;
    }
    if (whole.overflowed()) {
      whole.truncate(lastWhole(whole.array(), whole.length()));
    }
    return UntrustedJson.string(whole, limit);
  }

  /** Where in the body its opening quote is. */
  long at() {
    return at;
  }

  /** Bytes of it in the body, its quotes included. */
  long bytes() {
    return end - at;
  }

  /** A name as a JSON string, of printable ASCII alone. */
  static String json(String name) {
    StringBuilder json = new StringBuilder(name.length() + 2).append('"');
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7F) {
        json.append(c);
      } else {
        json.append("\\u").append(HexFormat.of().toHexDigits(c));
      }
    }
    return json.append('"').toString();
  }

  /** Where the last escape or character ends that was not cut. */
  private static int lastWhole(byte[] raw, int length) {
    int i = 0;
    while (true) {
      int bytes = bytes(raw, i, length);
      if (i + bytes > length) {
        return i;
      }
      i += bytes;
    }
  }

  private static int bytes(byte[] raw, int i, int length) {
    if (i == length) {
      return 1;
    }
    int lead = raw[i] & 0xFF;
    if (lead == '\\') {
      return i + 1 < length && raw[i + 1] == 'u' ? LONGEST_ESCAPE : 2;
    }
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  }
}
