package dev.tailtap.usage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line ends, eight bytes at a time: LF, CR, or both together. TapBenchmark pays for it. */
final class Newlines {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long LF = '\n' * ONES;
  private static final long CR = '\r' * ONES;

  private Newlines() {}

  /** The index of the first LF or CR between the two, or {@code to}. */
  static int next(byte[] text, int from, int to) {
    int i = from;
    for (int last = to - Long.BYTES; i <= last; i += Long.BYTES) {
      long word = (long) WORD.get(text, i);
      long found = zeros(word ^ LF) | zeros(word ^ CR);
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
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

  /** The lowest marked byte is the first zero byte; marks above it may be false. */
  private static long zeros(long word) {
    return word - ONES & ~word & HIGHS;
  }
}
