package dev.tailtap.usage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line ends, eight bytes at a time: LF, CR, or both together. TapBenchmark pays for it. */
final class Newlines {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGHS = 0x8080808080808080L;

  /** One more than CR in every byte: below it there are only line ends, tabs and what JSON bans. */
  private static final long ABOVE = 0x0E0E0E0E0E0E0E0EL;

  private Newlines() {}

  /** The index of the first LF or CR between the two, or {@code to}. */
  static int next(byte[] text, int from, int to) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORD.get(text, i);
      if ((word - ABOVE & ~word & HIGHS) != 0) {
        int found = single(text, i, i + Long.BYTES);
        if (found < i + Long.BYTES) {
          return found;
        }
      }
    }
    return single(text, i, to);
  }

  private static int single(byte[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] != '\n' && text[i] != '\r') {
      i++;
    }
    return i;
  }

  /**
   * The index after the line end at {@code i}; -1 if there is none, or if it is a CR whose LF may
   * still be to come.
   */
  static int after(byte[] text, int i, int to) {
    if (i < 0 || i >= to || (text[i] != '\n' && text[i] != '\r')) {
      return -1;
    }
    if (text[i] == '\n') {
      return i + 1;
    }
    if (i + 1 == to) {
      return -1;
    }
    return text[i + 1] == '\n' ? i + 2 : i + 1;
  }
}
