package dev.tailtap.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;

/**
 * Parts of a body that wait, in their order. Each is let go as soon as it is taken. What is small
 * is copied into buffers that it shares with its neighbours, so that the memory held is never many
 * times the bytes in it. Event loop only.
 */
final class BodyQueue {
  private static final int SMALL = 2 * 1024;
  private static final int SHARED = 8 * 1024;

  private final ByteBufAllocator alloc;
  private ArrayDeque<ByteBuf> parts; // null: there are none
  private ByteBuf shared; // the last part, where it has room for more small ones; else null
  private long bytes;

  BodyQueue(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  boolean isEmpty() {
    return bytes == 0;
  }

  long bytes() {
    return bytes;
  }

  /** What it takes of the memory: its bytes and the room for more. */
  long heldBytes() {
    return bytes + (shared == null ? 0 : shared.writableBytes());
  }

  /** Appends a part; ownership passes. */
  void add(ByteBuf part) {
    int length = part.readableBytes();
    bytes += length;
    if (length >= SMALL) {
      shared = null;
      append(part);
      return;
    }
    if (length > 0) {
      share(part, length);
    }
    part.release();
  }

  /**
   * Appends a copy of a part, which is only borrowed. What is kept for long is copied, however
   * large, and out of the pool: a slice would keep the buffer that it was read into, and that,
   * among many which are let go at once, a whole chunk of the pool, up to 32 times its own size.
   */
  void copy(ByteBuf part) {
    int index = part.readerIndex();
    while (index < part.writerIndex()) {
      if (shared == null || !shared.isWritable()) {
        shared = UnpooledByteBufAllocator.DEFAULT.directBuffer(SHARED, SHARED);
        append(shared);
      }
      int length = Math.min(part.writerIndex() - index, shared.writableBytes());
      shared.writeBytes(part, index, length);
      bytes += length;
      index += length;
    }
  }

  private void share(ByteBuf part, int length) {
    if (shared == null || shared.writableBytes() < length) {
      shared = alloc.buffer(SHARED, SHARED);
      append(shared);
    }
    shared.writeBytes(part, part.readerIndex(), length);
  }

  /** The next part, which the caller owns; null if there is none. */
  ByteBuf poll() {
    if (parts == null) {
      return null;
    }
    ByteBuf part = parts.removeFirst();
    bytes -= part.readableBytes();
    if (parts.isEmpty()) {
      parts = null;
      shared = null; // the last one has gone
    }
    return part;
  }

  /** Another queue of the same bytes in the same memory. */
  BodyQueue duplicate() {
    BodyQueue other = new BodyQueue(alloc);
    shared = null; // what is in two queues does not grow
    if (parts != null) {
      parts.forEach(part -> other.append(part.retainedDuplicate()));
    }
    other.bytes = bytes;
    return other;
  }

  /** Puts a text, which passes into the queue, in the place of some bytes. */
  void splice(long at, long replaced, ByteBuf text) {
    ArrayDeque<ByteBuf> rest = parts;
    parts = null;
    shared = null;
    bytes = 0;
    long index = 0;
    boolean placed = false;
    for (ByteBuf part : rest) {
      long end = index + part.readableBytes();
      if (!placed && at <= end) {
        append(part, 0, at - index);
        push(text);
        placed = true;
      } else if (!placed) {
        append(part, 0, end - index);
      }
      if (placed) {
        append(part, Math.max(0, at + replaced - index), end - index);
      }
      part.release();
      index = end;
    }
  }

  void release() {
    if (parts != null) {
      parts.forEach(ByteBuf::release);
      parts = null;
      shared = null;
      bytes = 0;
    }
  }

  private void append(ByteBuf part) {
    if (parts == null) {
      parts = new ArrayDeque<>();
    }
    parts.addLast(part);
  }

  private void append(ByteBuf part, long from, long to) {
    if (to > from) {
      int length = Math.toIntExact(to - from);
      push(part.retainedSlice(part.readerIndex() + Math.toIntExact(from), length));
    }
  }

  private void push(ByteBuf part) {
    append(part);
    bytes += part.readableBytes();
  }
}
