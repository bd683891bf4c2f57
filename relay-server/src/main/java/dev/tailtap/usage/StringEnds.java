package dev.tailtap.usage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds, eight bytes at a time, what ends or interrupts a JSON string: a quote, a backslash, or a
 * control character, which JSON bans there (RFC 8259 section 7); and what begins a string, or
 * begins or ends an object or a list, between strings.
 */
final class StringEnds {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = '"' * ONES;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long OPENS = '{' * ONES;
  private static final long CLOSES = '}' * ONES;
  private static final long LOWER = 0x20 * ONES; // makes a brace of a bracket
  private static final long BLANKS = ' ' * ONES;

  private StringEnds() {}

  /** The index of the first such byte between the two, or {@code to}. */
  static int next(byte[] text, int from, int to) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORD.get(text, i);
      long quotes = (word ^ QUOTES) - ONES & ~(word ^ QUOTES);
      long backslashes = (word ^ BACKSLASHES) - ONES & ~(word ^ BACKSLASHES);
      long controls = word - BLANKS & ~word;
      long found = (quotes | backslashes | controls) & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < to && (text[i] >= ' ' || text[i] < 0) && text[i] != '"' && text[i] != '\\') {
      i++;
    }
    return i;
  }

  /**
   * The index of the first quote, brace or bracket between the two, or {@code to}. It may be
   * another byte that shares all but one bit with one of them.
   */
  static int nextBracket(byte[] text, int from, int to) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORD.get(text, i) | LOWER;
      long quotes = (word ^ QUOTES) - ONES & ~(word ^ QUOTES);
      long opens = (word ^ OPENS) - ONES & ~(word ^ OPENS);
      long closes = (word ^ CLOSES) - ONES & ~(word ^ CLOSES);
      long found = (quotes | opens | closes) & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < to && text[i] != '"' && (text[i] | 0x20) != '{' && (text[i] | 0x20) != '}') {
      i++;
    }
    return i;
  }
}
