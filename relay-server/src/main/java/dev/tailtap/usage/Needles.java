package dev.tailtap.usage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Looks for any of a few JSON keys by samples: of every four bytes the four that start there are
 * looked up in a table, and as each key begins with seven bytes at least, one sample lies inside of
 * it. No step waits for another, unlike in searches that jump. A key whose value is {@code null}
 * does not count. Immutable; TapBenchmark pays for it.
 */
final class Needles {
  private static final VarHandle GRAM =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int STRIDE = Integer.BYTES;
  private static final int SHORTEST = 2 * STRIDE - 1;
  private static final int SLOTS = 1 << 12;

  /** A usage object that stands for itself: a later one replaces it as a whole. */
  static final int USAGE = 1;

  /** Anything else that a reading wants: every event that has it must be read. */
  static final int MORE = 2;

  private final byte[][] keys;
  private final int[] meanings;
  private final long[] known = new long[SLOTS / Long.SIZE]; // a bit each: eight lines of a cache

  /**
   * @param names of five characters at least, each with what it stands for, {@link #USAGE} or
   *     {@link #MORE}
   */
  Needles(Map<String, Integer> names) {
    keys = new byte[names.size()][];
    meanings = new int[names.size()];
    int n = 0;
    for (Map.Entry<String, Integer> entry : names.entrySet()) {
      String name = entry.getKey();
      meanings[n] = entry.getValue();
      byte[] key = ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
      if (key.length < SHORTEST) {
        throw new IllegalArgumentException(name);
      }
      keys[n++] = key;
      for (int start = 0; start < STRIDE; start++) {
        int slot = slot((int) GRAM.get(key, start));
        known[slot >>> 6] |= 1L << slot;
      }
    }
  }

  /** What the keys stand for that are between the two indexes with a value other than null. */
  int mentioned(byte[] text, int from, int to) {
    int mentioned = 0;
    for (int i = from; i <= to - STRIDE; i += STRIDE) {
      int slot = slot((int) GRAM.get(text, i));
      if ((known[slot >>> 6] >>> slot & 1) != 0) {
        mentioned |= around(text, i, from, to);
      }
    }
    return mentioned;
  }

  private static int slot(int gram) {
    return (gram * 0x9E3779B1) >>> 20;
  }

  private int around(byte[] text, int sample, int from, int to) {
    int mentioned = 0;
    for (int start = sample; start > sample - STRIDE && start >= from; start--) {
      if (text[start] == '"') {
        mentioned |= at(text, start, to);
      }
    }
    return mentioned;
  }

  private int at(byte[] text, int start, int to) {
    for (int n = 0; n < keys.length; n++) {
      byte[] key = keys[n];
      int end = start + key.length;
      if (end < to && Arrays.equals(text, start, end, key, 0, key.length)) {
        return hasValue(text, end, to) ? meanings[n] : 0;
      }
    }
    return 0;
  }

  private static boolean hasValue(byte[] text, int from, int to) {
    boolean colon = false;
    for (int i = from; i < to; i++) {
      byte b = text[i];
      if (b == ':' && !colon) {
        colon = true;
      } else if (b > ' ' || b < 0) {
        return colon && b != 'n';
      }
    }
    return false;
  }
}
