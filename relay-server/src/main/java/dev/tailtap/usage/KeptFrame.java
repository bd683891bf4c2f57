package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The last frame that may matter: a retained slice of the buffer that it was read into, not read
 * until the stream ends or a later frame needs it to be. Where a later frame says all that this one
 * says, this one is let go unread. At most one slice at a time; event loop only.
 *
 * <p>The slice is the retained buffer and two numbers: {@code retainedSlice} makes an object of 40
 * bytes with every call, which a stream that reports usage in every frame would pay for each
 * (TapBenchmark, case gemini).
 */
final class KeptFrame {
  /**
   * A slice pins its whole buffer. Up to this many times its own length it may; beyond, the frame
   * is copied into a buffer of its own when the read loop ends.
   */
  private static final int LARGEST_WASTE = 4;

  private final ByteBufAllocator alloc;
  private ByteBuf buf; // retained; null: no frame is kept
  private int index;
  private int length;
  private int telling;

  KeptFrame(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  boolean isEmpty() {
    return buf == null;
  }

  /** What the kept frame tells of, as {@link Needles#telling} found it. */
  int telling() {
    return telling;
  }

  /**
   * What the slice pins: between two read loops at most {@link #LARGEST_WASTE} times its length.
   */
  long heldBytes() {
    return buf == null ? 0 : pinned(buf);
  }

  /** Retains a part of a buffer; the former one is released. */
  void keep(ByteBuf source, int from, int bytes, int tells) {
    release();
    buf = source.retain();
    index = from;
    length = bytes;
    telling = tells;
  }

  /** The read loop ended: a small frame gives a large buffer back. */
  void settle() {
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

  /** Reads the frame into the tally, and lets it go. */
  void read(Shape shape, Tally tally, Scratch scratch) {
    if (buf == null) {
      return;
    }
    Sieve sieve = scratch.borrow(shape, tally);
    byte[] room = scratch.second();
    for (int done = 0; done < length; done += room.length) {
      int bytes = Math.min(room.length, length - done);
      buf.getBytes(index + done, room, 0, bytes);
      sieve.feed(room, 0, bytes);
    }
    sieve.end();
    scratch.giveBack(sieve);
    release();
  }

  void release() {
    if (buf != null) {
      buf.release();
      buf = null;
      telling = 0;
    }
  }
}
