package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.AsciiString;

/**
 * The framing of a chunked body (RFC 9112 section 7.1), written around payload that goes on as it
 * is: {@code begin}, the payload, {@code end}, for each chunk, and {@code last}. The caller owns
 * the buffers. Any thread.
 */
public final class ChunkWriter {
  private static final AsciiString CRLF = AsciiString.cached("\r\n");
  private static final AsciiString ZERO = AsciiString.cached("0");
  private static final AsciiString LAST_CHUNK = AsciiString.cached("0\r\n\r\n");
  private static final int LONGEST_SIZE_LINE = 10;

  private ChunkWriter() {}

  /**
   * The line before a chunk's payload.
   *
   * @param bytes of it; not 0, which would be the last chunk
   */
  public static ByteBuf begin(ByteBufAllocator alloc, int bytes) {
    ByteBuf line = alloc.buffer(LONGEST_SIZE_LINE);
    ByteBufUtil.writeAscii(line, Integer.toHexString(bytes));
    ByteBufUtil.writeAscii(line, CRLF);
    return line;
  }

  /** What follows a chunk's payload. */
  public static ByteBuf end(ByteBufAllocator alloc) {
    return ByteBufUtil.writeAscii(alloc, CRLF);
  }

  /** The last chunk and the end of the body, without trailers. */
  public static ByteBuf last(ByteBufAllocator alloc) {
    return ByteBufUtil.writeAscii(alloc, LAST_CHUNK);
  }

  /** The end of a body whose last chunk's own line has been written. */
  public static ByteBuf terminator(ByteBufAllocator alloc) {
    return ByteBufUtil.writeAscii(alloc, CRLF);
  }

  /** A zero before the next chunk's size, which changes nothing of it; between two chunks only. */
  public static ByteBuf leadingZero(ByteBufAllocator alloc) {
    return ByteBufUtil.writeAscii(alloc, ZERO);
  }
}
