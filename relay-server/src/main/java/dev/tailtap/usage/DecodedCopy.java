package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.DecompressionException;
import java.util.Locale;

/**
 * A decoded copy of an encoded body, for the tap alone: what passes are the sender's bytes. Holds
 * one output buffer at a time and the codec's window, of 8 MiB at most and announced by the body;
 * gives up on a body that wants a larger one, or decodes to absurdly more than came. One per
 * encoded body; event loop only.
 */
final class DecodedCopy implements AutoCloseable {
  /** Zip bombs: what decodes to more than so many times itself, and so much, is no answer. */
  private static final long MOST_TIMES = 100;

  private static final long FREE_BYTES = 128L << 10;

  private static final long MOST_IN_ALL = 1L << 30;

  /**
   * What comes at once is decoded so much at a time and no more than came before, so that a bomb is
   * known by its first bytes.
   */
  private static final int SMALLEST_PIECE = 256;

  private static final int LARGEST_PIECE = 16 * 1024;

  private final Codec codec;
  private final CodecWindow window;
  private final long mostInAll;
  private long came;
  private long decoded;
  private boolean over;
  private boolean closed;

  private DecodedCopy(Codec codec, CodecWindow window, long mostInAll) {
    this.codec = codec;
    this.window = window;
    this.mostInAll = mostInAll;
  }

  /**
   * Starts decoding.
   *
   * @param encoding the field {@code Content-Encoding}, one coding (RFC 9110 section 8.4.1)
   * @return null if this coding is not known here, or its library does not load
   */
  static DecodedCopy of(CharSequence encoding, ByteBufAllocator alloc) {
    return of(encoding, alloc, MOST_IN_ALL);
  }

  /** Gives up also on a body that decodes to more than so many bytes. */
  static DecodedCopy of(CharSequence encoding, ByteBufAllocator alloc, long mostInAll) {
    try {
      Codec codec =
          switch (encoding.toString().strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> ZlibCodec.gzip(alloc);
            case "deflate" -> ZlibCodec.deflate(alloc);
            case "br" -> LibraryCodec.brotli(alloc);
            case "zstd" -> LibraryCodec.zstd(alloc);
            default -> null;
          };
      return codec == null
          ? null
          : new DecodedCopy(codec, new CodecWindow(word(encoding)), mostInAll);
    } catch (DecompressionException | LinkageError missing) {
      return null;
    }
  }

  /** A coding as the column {@code usage_note} names it: never a provider's own text. */
  static String word(CharSequence encoding) {
    String coding = encoding.toString().strip().toLowerCase(Locale.ROOT);
    return switch (coding) {
      case "gzip", "x-gzip", "deflate", "br", "zstd" -> coding;
      default -> coding.indexOf(',') < 0 ? "unknown" : "several";
    };
  }

  /**
   * Decodes what has come, and shows it.
   *
   * @param buf only borrowed
   * @return false if the body cannot be decoded, or decodes to too much; nothing more can be read
   */
  boolean feed(ByteBuf buf, int index, int length, Codec.Reader reader) {
    if (over) {
      return true; // the encoded body has ended; what follows is none of it
    }
    if (!window.look(buf, index, length)) {
      over = true;
      return false;
    }
    int end = index + length;
    boolean readable = true;
    for (int at = index; readable && !over && at < end; ) {
      int piece = (int) Math.max(SMALLEST_PIECE, Math.min(came, LARGEST_PIECE));
      int bytes = Math.min(piece, end - at);
      readable = decode(buf, at, bytes, at + bytes == end, reader);
      at += bytes;
    }
    return readable;
  }

  private boolean decode(ByteBuf buf, int index, int length, boolean last, Codec.Reader reader) {
    came += length;
    long most = Math.min(FREE_BYTES + MOST_TIMES * came, mostInAll);
    try {
      codec.add(buf, index, length, last);
      while (codec.hasMore()) {
        if (decoded >= most) {
          over = true;
          return false;
        }
        decoded += codec.decode(reader);
      }
      over = codec.isOver();
      return true;
    } catch (DecompressionException damaged) {
      over = true;
      return false;
    }
  }

  /** Whether the encoded body has ended, or is given up. */
  boolean isOver() {
    return over;
  }

  /** Bytes that the codec holds, most of them outside the heap, by what its body announced. */
  long heldBytes() {
    return closed ? 0 : window.bytes() + Codec.OUTPUT_BUFFER;
  }

  /** Whether more of the encoded body would have to come; to be asked once, at its end. */
  boolean isTruncated() {
    if (came == 0 || over) {
      return false;
    }
    over = true;
    try {
      return codec.isTruncated();
    } catch (DecompressionException truncated) {
      return true;
    }
  }

  @Override
  public void close() {
    over = true;
    closed = true;
    codec.close();
  }
}
