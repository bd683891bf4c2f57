package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

/**
 * Looks for any of a few JSON keys in one pass that jumps: Wu and Manber's search ("A fast
 * algorithm for multi-pattern searching", 1994) with blocks of two bytes. A key whose value is
 * {@code null} does not count. Immutable; TapBenchmark pays for it.
 */
final class Needles {
  private static final int SLOTS = 4096;

  private final byte[][] keys;
  private final int prefix;
  private final byte[] shifts = new byte[SLOTS];

  Needles(Collection<String> names) {
    keys = new byte[names.size()][];
    int n = 0;
    int shortest = Byte.MAX_VALUE;
    for (String name : names) {
      keys[n] = ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
      shortest = Math.min(shortest, keys[n].length);
      n++;
    }
    prefix = shortest;
    Arrays.fill(shifts, (byte) (prefix - 1));
    for (byte[] key : keys) {
      for (int end = 1; end < prefix; end++) {
        int slot = slot(key[end - 1], key[end]);
        shifts[slot] = (byte) Math.min(shifts[slot], prefix - 1 - end);
      }
    }
  }

  /** Whether one of the keys stands between the two indexes with a value other than null. */
  boolean occur(byte[] text, int from, int to) {
    int end = from + prefix - 1;
    while (end < to) {
      int shift = shifts[slot(text[end - 1], text[end])];
      if (shift > 0) {
        end += shift;
      } else {
        if (hit(text, end - prefix + 1, to)) {
          return true;
        }
        end++;
      }
    }
    return false;
  }

  private static int slot(byte first, byte second) {
    return (first << 5 ^ second) & SLOTS - 1;
  }

  private boolean hit(byte[] text, int start, int to) {
    if (text[start] != '"') {
      return false;
    }
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
      } else if (b > ' ') {
        return colon && b != 'n';
      }
    }
    return false;
  }
}
