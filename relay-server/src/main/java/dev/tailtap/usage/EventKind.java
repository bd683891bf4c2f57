package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** What an event of a chat stream is, by its first line of data, as far as it has come. */
enum EventKind {
  /** It has no data yet, or too little to tell. */
  OPEN,
  /** The provider's own word that nothing follows. */
  DONE,
  DATA;

  private static final byte[] FIELD = "data:".getBytes(US_ASCII);
  private static final byte[] END = "[DONE]".getBytes(US_ASCII);

  /** The kind of the one event that begins at {@code from}. */
  static EventKind of(byte[] text, int from, int to) {
    int line = from;
    while (line < to) {
      int end = Newlines.next(text, line, to);
      int start = line + FIELD.length;
      if (start <= end && Arrays.equals(text, line, start, FIELD, 0, FIELD.length)) {
        return ofData(text, start, end, end == to);
      }
      line = end + 1;
    }
    return OPEN;
  }

  private static EventKind ofData(byte[] text, int from, int to, boolean goesOn) {
    int start = from < to && text[from] == ' ' ? from + 1 : from;
    int length = Math.min(to - start, END.length);
    if (!Arrays.equals(text, start, start + length, END, 0, length)) {
      return DATA;
    }
    if (length == END.length) {
      return DONE;
    }
    return goesOn ? OPEN : DATA;
  }
}
