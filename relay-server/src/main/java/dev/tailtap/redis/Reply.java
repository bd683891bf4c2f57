package dev.tailtap.redis;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One reply of the server in RESP2, as far as we ask for any: a word, an error, a number, or an
 * array of numbers. One object per connection holds one after the other; nothing is made but the
 * text of an error. A reply of another form, or a larger one, is refused. Event loop only.
 */
final class Reply {
  private static final int LONGEST_LINE = 4096;
  private static final int MOST_NUMBERS = 1024;
  private static final int SHOWN_ERROR = 256;
  private static final int INCOMPLETE = -1;

  private long[] numbers = new long[16];
  private int count;
  private String error; // null: it is none

  /** The server speaks something else: the connection is of no use. */
  static final class NotUnderstoodException extends Exception {
    NotUnderstoodException(String why) {
      super(why, null, false, false);
    }
  }

  /** The text of the error that was answered, its code first; null: it was none. */
  String error() {
    return error;
  }

  /** How many numbers there are; none in a word. */
  int count() {
    return count;
  }

  long number(int index) {
    return numbers[index];
  }

  /**
   * Takes the next reply out of the buffer, or nothing as long as it is not all there.
   *
   * @return whether it was
   */
  boolean read(ByteBuf in) throws NotUnderstoodException {
    int start = in.readerIndex();
    boolean whole = take(in);
    if (!whole) {
      in.readerIndex(start);
    }
    return whole;
  }

  private boolean take(ByteBuf in) throws NotUnderstoodException {
    error = null;
    count = 0;
    int end = endOfLine(in);
    if (end == INCOMPLETE) {
      return false;
    }
    byte kind = in.readByte();
    switch (kind) {
      case '+' -> skipTo(in, end);
      case '-' -> {
        int shown = Math.min(SHOWN_ERROR, end - in.readerIndex());
        error = in.toString(in.readerIndex(), shown, StandardCharsets.UTF_8);
        skipTo(in, end);
      }
      case ':' -> add(numberTo(in, end));
      case '$' -> {
        long length = numberTo(in, end);
        if (length > LONGEST_LINE) {
          throw new NotUnderstoodException("a long text");
        }
        long rest = length < 0 ? 0 : length + 2; // -1: there is none
        if (in.readableBytes() < rest) {
          return false;
        }
        in.skipBytes((int) rest);
      }
      case '*' -> {
        return takeArray(in, numberTo(in, end));
      }
      default -> throw new NotUnderstoodException("no reply of RESP2");
    }
    return true;
  }

  private boolean takeArray(ByteBuf in, long items) throws NotUnderstoodException {
    if (items < 0 || items > MOST_NUMBERS) {
      throw new NotUnderstoodException("a long array");
    }
    for (int i = 0; i < items; i++) {
      int end = endOfLine(in);
      if (end == INCOMPLETE) {
        return false;
      }
      if (in.readByte() != ':') {
        throw new NotUnderstoodException("an array of other things than numbers");
      }
      add(numberTo(in, end));
    }
    return true;
  }

  private void add(long number) {
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * count);
    }
    numbers[count++] = number;
  }

  /** The index of the line's CR. */
  private static int endOfLine(ByteBuf in) throws NotUnderstoodException {
    int most = Math.min(in.readableBytes(), LONGEST_LINE);
    int feed = in.forEachByte(in.readerIndex(), most, ByteProcessor.FIND_LF);
    if (feed < 0) {
      if (in.readableBytes() >= LONGEST_LINE) {
        throw new NotUnderstoodException("a long line");
      }
      return INCOMPLETE;
    }
    if (feed < in.readerIndex() + 2 || in.getByte(feed - 1) != '\r') {
      throw new NotUnderstoodException("a line without its end");
    }
    return feed - 1;
  }

  private static void skipTo(ByteBuf in, int end) {
    in.readerIndex(end + 2);
  }

  private static long numberTo(ByteBuf in, int end) throws NotUnderstoodException {
    boolean negative = in.readerIndex() < end && in.getByte(in.readerIndex()) == '-';
    if (negative) {
      in.skipBytes(1);
    }
    int digits = end - in.readerIndex();
    if (digits < 1 || digits > 18) {
      throw new NotUnderstoodException("no number");
    }
    long value = 0;
    while (in.readerIndex() < end) {
      int digit = in.readByte() - '0';
      if (digit < 0 || digit > 9) {
        throw new NotUnderstoodException("no number");
      }
      value = 10 * value + digit;
    }
    skipTo(in, end);
    return negative ? -value : value;
  }
}
