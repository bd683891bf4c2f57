package dev.tailtap.usage;

/**
 * Finds where events end: after the blank line, whose line end may be LF, CR or both. Goes on at
 * any cut. Confined to one event loop.
 */
final class EventBoundaries {
  private boolean lineEmpty = true;
  private boolean afterLine;
  private boolean afterBlank;

  /** The index after the event that is open at {@code from}; -1: it goes on after {@code to}. */
  int end(byte[] text, int from, int to) {
    int i = from;
    if (afterBlank) {
      afterBlank = false;
      return text[i] == '\n' ? i + 1 : i;
    }
    if (afterLine) {
      afterLine = false;
      lineEmpty = true;
      i += text[i] == '\n' ? 1 : 0;
    }
    while (i < to) {
      int end = Newlines.next(text, i, to);
      boolean blank = lineEmpty && end == i;
      if (end == to) {
        lineEmpty = false;
        return -1;
      }
      int next = Newlines.after(text, end, to);
      lineEmpty = true;
      if (next < 0) {
        afterBlank = blank;
        afterLine = !blank;
        return -1;
      }
      if (blank) {
        return next;
      }
      i = next;
    }
    return -1;
  }
}
