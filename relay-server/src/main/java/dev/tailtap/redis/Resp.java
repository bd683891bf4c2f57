package dev.tailtap.redis;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Writes commands as RESP has them: an array of bulk strings (Redis protocol specification,
 * "Sending commands to a Redis server"), straight into a buffer and without an object. Any thread.
 */
final class Resp {
  private static final int DIGITS_OF_LONG = 20; // with a sign

  private Resp() {}

  /** The head of a command of so many words. */
  static void array(ByteBuf out, int words) {
    out.writeByte('*');
    number(out, words);
    line(out);
  }

  /** A word of a command. */
  static void bulk(ByteBuf out, String text) {
    out.writeByte('$');
    number(out, ByteBufUtil.utf8Bytes(text));
    line(out);
    ByteBufUtil.writeUtf8(out, text);
    line(out);
  }

  /** A whole number as a word. */
  static void bulk(ByteBuf out, long value) {
    out.writeByte('$');
    number(out, digits(value));
    line(out);
    number(out, value);
    line(out);
  }

  /** A number as a word; only one with a fraction makes an object. */
  static void bulk(ByteBuf out, double value) {
    long whole = (long) value;
    if (whole == value) {
      bulk(out, whole);
    } else {
      bulk(out, Double.toString(value));
    }
  }

  /** A whole command of words that do not change, as bytes. */
  static byte[] command(String... words) {
    ByteBuf out = Unpooled.buffer();
    array(out, words.length);
    for (String word : words) {
      bulk(out, word);
    }
    return ByteBufUtil.getBytes(out);
  }

  /** Words that do not change, as bytes that follow others. */
  static byte[] words(String... words) {
    StringBuilder out = new StringBuilder();
    for (String word : words) {
      int length = word.getBytes(StandardCharsets.UTF_8).length;
      out.append('$').append(length).append("\r\n").append(word).append("\r\n");
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void line(ByteBuf out) {
    out.writeByte('\r').writeByte('\n');
  }

  private static int digits(long value) {
    int digits = value < 0 ? 2 : 1;
    for (long rest = value / 10; rest != 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  private static void number(ByteBuf out, long value) {
    int length = digits(value);
    out.ensureWritable(DIGITS_OF_LONG);
    int start = out.writerIndex();
    int at = start + length;
    long rest = value;
    do {
      out.setByte(--at, '0' + (int) Math.abs(rest % 10));
      rest /= 10;
    } while (rest != 0);
    if (value < 0) {
      out.setByte(start, '-');
    }
    out.writerIndex(start + length);
  }
}
