package dev.tailtap.usage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

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

  private final byte[][] keys;
  private final boolean[] known = new boolean[1 << 12];

  /**
   * @param names of five characters at least
   */
  Needles(Collection<String> names) {
    keys = new byte[names.size()][];
    int n = 0;
    for (String name : names) {
      byte[] key = ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
      if (key.length < SHORTEST) {
        throw new IllegalArgumentException(name);
      }
      keys[n++] = key;
      for (int start = 0; start < STRIDE; start++) {
        known[slot((int) GRAM.get(key, start))] = true;
      }
    }
  }

  /** Whether one of the keys stands between the two indexes with a value other than null. */
  boolean occur(byte[] text, int from, int to) {
    for (int i = from; i <= to - STRIDE; i += STRIDE) {
      if (known[slot((int) GRAM.get(text, i))] && hitAround(text, i, from, to)) {
        return true;
      }
    }
    return false;
  }

  private static int slot(int gram) {
    return (gram * 0x9E3779B1) >>> 20;
  }

  private boolean hitAround(byte[] text, int sample, int from, int to) {
    for (int start = sample; start > sample - STRIDE && start >= from; start--) {
      if (text[start] == '"' && hit(text, start, to)) {
        return true;
      }
    }
    return false;
  }

  private boolean hit(byte[] text, int start, int to) {
    for (byte[] key : keys) {
      int end = start + key.length;
      if (end < to && Arrays.equals(text, start, end, key, 0, key.length)) {
        return hasValue(text, end, to);
      }
    }
    return false;
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
