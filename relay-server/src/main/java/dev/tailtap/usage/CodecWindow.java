package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;

/**
 * How large a window an encoded body announces in its first bytes: about what its decoder will
 * hold, outside the heap. Event loop only.
 */
final class CodecWindow {
  /** 8 MiB, what RFC 9659 allows a client to expect in a content encoding. */
  static final int LARGEST_LOG = 23;

  private static final long LARGEST = 1L << LARGEST_LOG;

  /** What a decoder needs beside its window: tables, a block, its input. */
  private static final long REST = 160 * 1024;

  private static final long ZLIB = 64 * 1024;
  private static final int ZSTD_HEADER = 18;

  private final byte[] head;
  private int known;
  private boolean over;
  private long bytes;

  CodecWindow(String coding) {
    boolean zstd = coding.equals("zstd");
    head = new byte[zstd ? ZSTD_HEADER : coding.equals("br") ? 1 : 0];
    bytes = zstd || head.length == 1 ? 0 : ZLIB;
  }

  /**
   * Looks at what comes.
   *
   * @return false if the window is larger than a decoder may have one
   */
  boolean look(ByteBuf buf, int index, int length) {
    int n = Math.min(length, head.length - known);
    if (over || n == 0) {
      return true;
    }
    buf.getBytes(index, head, known, n);
    known += n;
    long window = head.length == 1 ? brotli(head[0]) : zstd();
    over = window >= 0;
    bytes = over ? window + REST : REST;
    return window <= LARGEST;
  }

  /** Bytes that the decoder holds, as far as can be told. */
  long bytes() {
    return bytes;
  }

  /** RFC 7932 section 9.1. */
  private static long brotli(byte first) {
    int middle = (first >> 1) & 7;
    int high = (first >> 4) & 7;
    if ((first & 1) == 0) {
      return 1L << 16;
    }
    if (middle != 0) {
      return 1L << (17 + middle);
    }
    return high == 1 ? Long.MAX_VALUE : 1L << (high == 0 ? 17 : 8 + high);
  }

  /** RFC 8878 section 3.1.1.1; -1: too little has come to tell. */
  private long zstd() {
    if (known < 6) {
      return -1;
    }
    boolean frame =
        head[0] == 0x28 && head[1] == (byte) 0xB5 && head[2] == 0x2F && head[3] == (byte) 0xFD;
    if (!frame) {
      return LARGEST; // a frame to skip comes first: another follows, of which nothing is known
    }
    int flags = head[4];
    if ((flags & 0x20) == 0) {
      int log = 10 + ((head[5] >> 3) & 31);
      return (1L << log) + (1L << (log - 3)) * (head[5] & 7);
    }
    int dictionary = (1 << (flags & 3)) >> 1;
    int size = Math.max(1, 1 << ((flags >> 6) & 3)); // of the field with the content's size
    int at = 5 + dictionary;
    return at + size > known ? -1 : contentSize(at, size);
  }

  /** What is in one piece needs no window larger than itself. */
  private long contentSize(int at, int size) {
    long value = size == 2 ? 256 : 0;
    for (int i = 0; i < size; i++) {
      value += (head[at + i] & 0xFFL) << (Byte.SIZE * i);
    }
    return value < 0 ? Long.MAX_VALUE : value;
  }
}
