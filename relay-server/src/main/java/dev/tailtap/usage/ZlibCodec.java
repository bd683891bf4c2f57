package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.DecompressionException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Gzip (RFC 1952), zlib (RFC 1950) and deflate alone, by the JDK's zlib: it reads the very buffer
 * that came, and fills one output buffer over and over while nobody keeps it. EncodedBenchmark pays
 * for it. Event loop only.
 */
final class ZlibCodec implements Codec {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int SMALLEST_BUFFER = 1024;

  /** So many times its own length a piece is expected to decode to, which then is no limit. */
  private static final int USUAL_RATIO = 4;

  /** Of zlib's header: the method deflate, and a window that it may have (RFC 1950 section 2.2). */
  private static final int METHOD_AND_WINDOW = 0x8F;

  private static final int DEFLATE = 0x08;

  private final ByteBufAllocator alloc;
  private final GzipFrame frame; // null: it is none of gzip
  private final CRC32 crc = new CRC32();
  private Inflater inflater; // null: the first byte of a deflate will tell which
  private ByteBuf input; // borrowed, for as long as it is decoded
  private int at;
  private int end;
  private ByteBuf room; // what the present input decodes into; null: none
  private boolean last; // nothing follows the present input at once
  private boolean full; // the last bytes filled it, and more may wait
  private boolean over;

  private ZlibCodec(ByteBufAllocator alloc, GzipFrame frame, Inflater inflater) {
    this.alloc = alloc;
    this.frame = frame;
    this.inflater = inflater;
  }

  static ZlibCodec gzip(ByteBufAllocator alloc) {
    return new ZlibCodec(alloc, new GzipFrame(), new Inflater(true));
  }

  /** With the header of zlib, as it is defined, or without, as some send it. */
  static ZlibCodec deflate(ByteBufAllocator alloc) {
    return new ZlibCodec(alloc, null, null);
  }

  @Override
  public void add(ByteBuf buf, int index, int length, boolean isLast) {
    last = isLast;
    input = buf;
    at = index;
    end = index + length;
    if (inflater == null && length > 0) {
      boolean bare = (buf.getByte(index) & METHOD_AND_WINDOW) != DEFLATE;
      inflater = new Inflater(bare);
    }
    readFrame();
  }

  /** What is before and behind the deflated bytes; then those are given to zlib. */
  private void readFrame() {
    while (frame != null && !over && at < end && !frame.isInside()) {
      over = !frame.read(input.getByte(at++), crc);
    }
    if (over) {
      at = end;
    }
    if (at < end) {
      inflater.setInput(input.nioBuffer(at, end - at));
    } else {
      done();
    }
  }

  /** Nothing is left of the input, which its sender may overwrite. */
  private void done() {
    input = null;
    if (inflater != null) {
      inflater.setInput(NOTHING);
    }
    if (last && !full) {
      releaseRoom();
    }
  }

  @Override
  public boolean hasMore() {
    return !over && (at < end || full);
  }

  @Override
  public int decode(Reader reader) {
    prepareRoom();
    int length = inflate();
    if (length > 0) {
      if (frame != null) {
        crc.update(room.array(), room.arrayOffset(), length);
      }
      reader.read(room, 0, length);
    }
    if (inflater.finished()) {
      finished();
    } else if (at == end) {
      done();
    }
    return length;
  }

  /** Whoever keeps a part of the former room has it for himself. */
  private void prepareRoom() {
    int usual = Math.max(SMALLEST_BUFFER, Math.min(USUAL_RATIO * (end - at), OUTPUT_BUFFER));
    if (room != null && (room.refCnt() > 1 || room.capacity() < usual)) {
      releaseRoom();
    }
    if (room == null) {
      room = alloc.heapBuffer(usual);
    }
  }

  private int inflate() {
    try {
      int capacity = room.capacity();
      int length = inflater.inflate(room.array(), room.arrayOffset(), capacity);
      if (inflater.needsDictionary()) {
        throw new DecompressionException("needs a dictionary that nobody has");
      }
      full = length == capacity;
      at = end - inflater.getRemaining();
      return length;
    } catch (DataFormatException damaged) {
      throw new DecompressionException(damaged);
    }
  }

  /** The deflated bytes have ended: of gzip a trailer follows, and perhaps more of the like. */
  private void finished() {
    full = false;
    if (frame == null) {
      over = true;
      at = end;
      done();
      return;
    }
    frame.endInside(inflater.getBytesWritten());
    inflater.reset();
    readFrame();
  }

  private void releaseRoom() {
    if (room != null) {
      room.release();
      room = null;
    }
  }

  @Override
  public boolean isOver() {
    return over;
  }

  @Override
  public boolean isTruncated() {
    return !over && (frame == null || !frame.isBetween());
  }

  @Override
  public void close() {
    over = true;
    input = null;
    releaseRoom();
    if (inflater != null) {
      inflater.end();
    }
  }
}
