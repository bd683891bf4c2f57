package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The last frame that may matter: a retained slice of the buffer that it was read into, not read
 * until the stream ends or a later frame needs it to be. Where a later frame says all that this one
 * says, this one is let go unread. At most one slice at a time; event loop only.
 */
final class KeptFrame {
  /**
   * A slice pins its whole buffer. Above this share of it the slice stays; below, the frame is
   * copied into a buffer of its own size when the read loop ends (measured in TapBenchmark).
   */
  private static final int LARGEST_WASTE = 4;

  private final ByteBufAllocator alloc;
  private ByteBuf frame; // null: none is kept
  private int telling;
  private int pinned; // bytes of the buffer that the slice keeps alive; 0: that was seen to

  KeptFrame(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  boolean isEmpty() {
    return frame == null;
  }

  /** What the kept frame tells of, as {@link Needles#telling} found it. */
  int telling() {
    return telling;
  }

  /** Retains a slice; the former one is released. */
  void keep(ByteBuf buf, int index, int length, int tells) {
    release();
    frame = buf.retainedSlice(index, length);
    telling = tells;
    pinned = buf.capacity();
  }

  /** The read loop ended: a small frame gives a large buffer back. */
  void settle() {
    if (pinned > 0 && frame != null) {
      int length = frame.readableBytes();
      if (pinned > LARGEST_WASTE * length) {
        ByteBuf own = alloc.buffer(length, length).writeBytes(frame, frame.readerIndex(), length);
        frame.release();
        frame = own;
      }
    }
    pinned = 0;
  }

  /** Reads the frame into the tally, and lets it go. */
  void read(Shape shape, Tally tally, Scratch scratch) {
    if (frame == null) {
      return;
    }
    Sieve sieve = scratch.borrow(shape, tally);
    byte[] room = scratch.second();
    while (frame.isReadable()) {
      int length = Math.min(room.length, frame.readableBytes());
      frame.readBytes(room, 0, length);
      sieve.feed(room, 0, length);
    }
    sieve.end();
    scratch.giveBack(sieve);
    release();
  }

  void release() {
    if (frame != null) {
      frame.release();
      frame = null;
      telling = 0;
    }
  }
}
