package dev.tailtap.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.CleanText;
import java.nio.ByteBuffer;

/**
 * Values as a journal's entry holds them: numbers in as few bytes as they need, texts cleaned and
 * no longer than a limit, each of them with a place for "absent".
 */
final class Packing {
  /** A longer text is cut: it names something, and a row must not outgrow the journal's records. */
  static final int LONGEST_TEXT = 8192;

  private Packing() {}

  static void putLong(ByteBuffer out, long value) {
    long left = value << 1 ^ value >> 63;
    while ((left & ~0x7fL) != 0) {
      out.put((byte) (left | 0x80));
      left >>>= 7;
    }
    out.put((byte) left);
  }

  static long getLong(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    byte next;
    do {
      next = in.get();
      value |= (next & 0x7fL) << shift;
      shift += 7;
    } while (next < 0 && shift < 64);
    return value >>> 1 ^ -(value & 1);
  }

  static void putNullable(ByteBuffer out, Long value) {
    out.put((byte) (value == null ? 0 : 1));
    if (value != null) {
      putLong(out, value);
    }
  }

  static Long getNullable(ByteBuffer in) {
    return in.get() == 0 ? null : Long.valueOf(getLong(in));
  }

  static void putText(ByteBuffer out, String text) {
    if (text == null) {
      putLong(out, -1);
      return;
    }
    byte[] bytes = CleanText.of(cut(text)).getBytes(UTF_8);
    putLong(out, bytes.length);
    out.put(bytes);
  }

  static String getText(ByteBuffer in) {
    long length = getLong(in);
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[Math.toIntExact(length)];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT);
  }
}
