package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;

/**
 * The parts of one read that go on, in their order: large ones as slices of what was read, small
 * ones copied together. So there are never more parts than bytes pay for, and together they pin at
 * most about twice their size. It owns its parts until they are taken. Event loop only.
 */
public final class JoinedParts {
  /** Copying less costs no more than to carry it as a part of its own. */
  private static final int SMALL = 1024;

  private static final int FIRST_CAPACITY = 256;
  private static final int WORTH_A_COPY = 8;

  private final ByteBufAllocator alloc;
  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>(4);
  private ByteBuf open; // the last part, if small ones may be added to it; else null
  private int bytes;

  public JoinedParts(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  /** Adds bytes of a buffer that is only borrowed. */
  public void add(ByteBuf buf, int index, int length) {
    if (length >= SMALL) {
      keep(buf.retainedSlice(index, length));
    } else if (length > 0) {
      join(length).writeBytes(buf, index, length);
    }
    bytes += length;
  }

  /** Adds a whole buffer; ownership passes. */
  public void add(ByteBuf part) {
    int length = part.readableBytes();
    if (length >= SMALL) {
      keep(part);
      bytes += length;
    } else {
      add(part, part.readerIndex(), length);
      part.release();
    }
  }

  /** The bytes of all parts that were not taken yet. */
  public int bytes() {
    return bytes;
  }

  /** All have been added that there are for now: what pins too much is copied. */
  public void compact() {
    open = null;
    int left = parts.size();
    while (left-- > 0) {
      ByteBuf part = parts.pollFirst();
      parts.addLast(pinsTooMuch(part) ? copied(part) : part);
    }
  }

  /** The next part, whose ownership passes; null if there is none. */
  public ByteBuf take() {
    open = null;
    ByteBuf part = parts.pollFirst();
    bytes -= part == null ? 0 : part.readableBytes();
    return part;
  }

  public void release() {
    for (ByteBuf part = take(); part != null; part = take()) {
      part.release();
    }
  }

  /**
   * A whole buffer as it should go on alone: itself, but for a few bytes in a buffer many times
   * their size. Ownership passes both ways.
   */
  public static ByteBuf alone(ByteBuf buf, ByteBufAllocator alloc) {
    int length = buf.readableBytes();
    boolean small = length < SMALL && pinned(buf) > WORTH_A_COPY * length + 2 * FIRST_CAPACITY;
    return small ? copied(buf, alloc) : buf;
  }

  private ByteBuf join(int length) {
    if (open == null) {
      open = alloc.buffer(Math.max(FIRST_CAPACITY, length));
      parts.addLast(open);
    }
    return open;
  }

  private void keep(ByteBuf part) {
    open = null;
    parts.addLast(part);
  }

  /** Whether this part, and those from the same buffer, are less than half of it. */
  @SuppressWarnings("ReferenceEquality") // the same memory, not the same bytes
  private boolean pinsTooMuch(ByteBuf part) {
    if (pinned(part) <= 2 * part.readableBytes() + FIRST_CAPACITY) {
      return false;
    }
    ByteBuf root = root(part);
    int together = part.readableBytes();
    for (ByteBuf other : parts) {
      together += root(other) == root ? other.readableBytes() : 0;
    }
    return root.capacity() > 2 * together + FIRST_CAPACITY;
  }

  private ByteBuf copied(ByteBuf part) {
    return copied(part, alloc);
  }

  private static ByteBuf copied(ByteBuf part, ByteBufAllocator alloc) {
    ByteBuf copy = alloc.buffer(part.readableBytes()).writeBytes(part);
    part.release();
    return copy;
  }

  private static int pinned(ByteBuf part) {
    return root(part).capacity();
  }

  private static ByteBuf root(ByteBuf part) {
    ByteBuf root = part;
    for (ByteBuf next = root.unwrap(); next != null; next = root.unwrap()) {
      root = next;
    }
    return root;
  }
}
