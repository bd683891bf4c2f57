package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Looks for a finish reason in chat events, at any cut: the key with a value that is neither null
 * nor empty. A quote inside a string is escaped, so no text can look like it. Event loop only.
 */
final class FinishReasonScanner {
  private static final byte[] KEY = "\"finish_reason\"".getBytes(US_ASCII);
  private static final int COLON = KEY.length;
  private static final int VALUE = COLON + 1;
  private static final int TEXT = VALUE + 1;

  private int matched;
  private boolean found;

  /** Whether one was found, in whatever event. */
  boolean found() {
    return found;
  }

  /** The next part of the present event. */
  void feed(byte[] text, int from, int to) {
    for (int i = from; i < to && !found; i++) {
      matched = after(text[i]);
    }
  }

  /** The event is over. */
  void end() {
    matched = 0;
  }

  private int after(byte b) {
    if (matched < COLON) {
      return b == KEY[matched] ? matched + 1 : b == '"' ? 1 : 0;
    }
    if (matched == TEXT) {
      found = b != '"';
      return 0;
    }
    if (b <= ' ' && b >= 0) {
      return matched;
    }
    if (matched == COLON) {
      return b == ':' ? VALUE : 0;
    }
    found = b != 'n' && b != '"';
    return b == '"' ? TEXT : 0;
  }
}
