package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** A few bytes that the tap keeps: grows up to its limit, then notes that it overflowed. */
final class Bytes {
  private static final byte[] EMPTY = {};

  private final int limit;
  private byte[] array = EMPTY;
  private int length;
  private boolean overflowed;

  Bytes(int limit) {
    this.limit = limit;
  }

  void append(byte[] source, int from, int to) {
    int fits = room(to - from);
    System.arraycopy(source, from, array, length, fits);
    length += fits;
  }

  /** Makes room; how many bytes of those fit. */
  private int room(int bytes) {
    int fits = Math.min(bytes, limit - length);
    overflowed |= fits < bytes;
    if (length + fits > array.length) {
      array = Arrays.copyOf(array, Math.min(limit, Math.max(length + fits, array.length * 2)));
    }
    return fits;
  }

  /** Appends what fits. */
  void append(ByteBuf source, int index, int bytes) {
    int fits = room(bytes);
    source.getBytes(index, array, length, fits);
    length += fits;
  }

  void append(byte value) {
    if (length == limit) {
      overflowed = true;
      return;
    }
    if (length == array.length) {
      array = Arrays.copyOf(array, Math.min(limit, Math.max(16, length * 2)));
    }
    array[length++] = value;
  }

  boolean fits(int more) {
    return more <= limit - length;
  }

  /** Takes what the other holds; allocates only if it does not fit. */
  void set(Bytes other) {
    length = 0;
    overflowed = other.overflowed;
    append(other.array, 0, other.length);
  }

  void clear() {
    length = 0;
    overflowed = false;
  }

  /** Keeps the first bytes alone. */
  void truncate(int bytes) {
    length = bytes;
  }

  /** Frees an array that a rare, large value has left behind. */
  void shrink(int capacity) {
    if (array.length > capacity) {
      array = EMPTY;
    }
    clear();
  }

  byte[] array() {
    return array;
  }

  int length() {
    return length;
  }

  /** What it occupies. */
  long capacity() {
    return array.length;
  }

  boolean isEmpty() {
    return length == 0;
  }

  boolean overflowed() {
    return overflowed;
  }

  /** Whether these are the text, with or without blanks around it. */
  boolean isTrimmed(byte[] text) {
    int from = 0;
    int to = length;
    while (from < to && array[from] == ' ') {
      from++;
    }
    while (to > from && array[to - 1] == ' ') {
      to--;
    }
    return Arrays.equals(array, from, to, text, 0, text.length);
  }

  boolean is(byte[] text) {
    return Arrays.equals(array, 0, length, text, 0, text.length);
  }
}
