package dev.tailtap.usage;

/**
 * The JSON string that is being read, cut anywhere: where it ends, and whether it has escapes.
 * Confined to one event loop.
 */
final class OpenString {
  private boolean escapes;
  private boolean escaped; // its next byte is
  private boolean broken;

  /** Its opening quote has been read. */
  void begin() {
    escapes = false;
  }

  /** The index of the quote that ends it; {@code to}: it goes on, or is none. */
  int end(byte[] text, int from, int to) {
    int i = StringEnds.next(text, from, to);
    // Most strings end so. What follows stands apart, so that this is small enough to be inlined.
    return i < to && text[i] == '"' && !escaped ? i : end(text, from, i, to);
  }

  private int end(byte[] text, int from, int found, int to) {
    int i = found;
    if (escaped && from < to) {
      escaped = false;
      i = StringEnds.next(text, from + 1, to);
    }
    while (i < to && text[i] != '"') {
      if (text[i] != '\\') {
        broken = true;
        return to;
      }
      escapes = true;
      while (i < to - 1 && text[i] == '\\') {
        i += 2;
      }
      if (i == to - 1 && text[i] == '\\') {
        escaped = true;
        return to;
      }
      i = StringEnds.next(text, i, to);
    }
    return i;
  }

  boolean hasEscapes() {
    return escapes;
  }

  /** Whether a byte came that no JSON string has. */
  boolean isBroken() {
    return broken;
  }
}
