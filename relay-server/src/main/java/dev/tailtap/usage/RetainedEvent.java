package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The last event that may matter: a retained slice of the buffer that it was read into, not read
 * until the stream ends or a later event needs it to be. Where a later event says all that this one
 * says, this one is let go unread. At most one slice at a time; event loop only.
 *
 * <p>The slice is the retained buffer and two numbers: {@code retainedSlice} makes an object of 40
 * bytes with every call, which a stream that reports usage in every event would pay for each
 * (TapBenchmark, case gemini).
 */
final class RetainedEvent {
  /**
   * A slice pins its whole buffer. Up to this many times its own length it may; beyond, the event
   * is copied into a buffer of its own when the read loop ends.
   */
  private static final int LARGEST_WASTE = 4;

  private final ByteBufAllocator alloc;
  private ByteBuf buf; // retained; null: no event is kept
  private int index;
  private int length;
  private int mentioned;

  RetainedEvent(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  boolean isEmpty() {
    return buf == null;
  }

  /** What the kept event mentions, as {@link Needles#mentioned} found it. */
  int mentioned() {
    return mentioned;
  }

  /**
   * What the slice pins: between two read loops at most {@link #LARGEST_WASTE} times its length.
   */
  long heldBytes() {
    return buf == null ? 0 : pinned(buf);
  }

  /** Retains a part of a buffer; the former one is released. */
  void keep(ByteBuf source, int from, int bytes, int mentions) {
    release();
    buf = source.retain();
    index = from;
    length = bytes;
    mentioned = mentions;
  }

  /** The read loop ended: a small event gives a large buffer back. */
  void compact() {
    if (buf != null && pinned(buf) > LARGEST_WASTE * length) {
      ByteBuf own = alloc.buffer(length, length).writeBytes(buf, index, length);
      buf.release();
      buf = own;
      index = 0;
    }
  }

  /** A buffer of io_uring's ring is a slice of one that later reads share. */
  private static int pinned(ByteBuf buf) {
    ByteBuf whole = buf;
    while (whole.unwrap() != null) {
      whole = whole.unwrap();
    }
    return whole.capacity();
  }

  int length() {
    return length;
  }

  /** Copies a part of it to the start of an array. */
  void copy(int from, byte[] target, int bytes) {
    buf.getBytes(index + from, target, 0, bytes);
  }

  void release() {
    if (buf != null) {
      buf.release();
      buf = null;
      mentioned = 0;
    }
  }
}
