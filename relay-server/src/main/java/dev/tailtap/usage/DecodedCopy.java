package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.BrotliDecompressor;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.Decompressor;
import io.netty.handler.codec.compression.JdkZlibDecompressor;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.codec.compression.ZstdDecompressor;
import java.util.Locale;

/**
 * A decoded copy of an encoded body, for the tap alone: what passes are the sender's bytes. Holds
 * one output buffer at a time and the codec's window, of 8 MiB at most and announced by the body;
 * gives up on a body that wants a larger one, or decodes to absurdly more than came. One per
 * encoded body; event loop only.
 */
final class DecodedCopy implements AutoCloseable {
  private static final int OUTPUT_BUFFER = 16 * 1024;

  /** Zip bombs: what decodes to more than so many times itself, and so much, is no answer. */
  private static final long MOST_TIMES = 100;

  private static final long FREE_BYTES = 128L << 10;

  private static final long MOST_IN_ALL = 1L << 30;

  /**
   * What comes at once is decoded so much at a time, so that a bomb is known by its first bytes.
   */
  private static final int PIECE = 256;

  /** Where the decoded bytes go; only borrowed. */
  interface Reader {
    void read(ByteBuf buf, int index, int length);
  }

  private final ByteBufAllocator alloc;
  private final Decompressor decompressor;
  private final CodecWindow window;
  private final long mostInAll;
  private long came;
  private long decoded;
  private boolean begun;
  private boolean over;
  private boolean closed;

  private DecodedCopy(
      ByteBufAllocator alloc, Decompressor decompressor, CodecWindow window, long mostInAll) {
    this.alloc = alloc;
    this.decompressor = decompressor;
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
      Decompressor.AbstractDecompressorBuilder builder =
          switch (encoding.toString().strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> zlib(ZlibWrapper.GZIP);
            case "deflate" -> zlib(ZlibWrapper.ZLIB_OR_NONE);
            case "br" -> BrotliDecompressor.builder().maxOutputChunkSize(OUTPUT_BUFFER);
            case "zstd" -> ZstdDecompressor.builder().maxWindowLog(CodecWindow.LARGEST_LOG);
            default -> null;
          };
      if (builder == null) {
        return null;
      }
      CodecWindow window = new CodecWindow(word(encoding));
      return new DecodedCopy(alloc, builder.build(alloc), window, mostInAll);
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
  boolean feed(ByteBuf buf, int index, int length, Reader reader) {
    if (over) {
      return true; // the encoded body has ended; what follows is none of it
    }
    if (!window.look(buf, index, length)) {
      over = true;
      return false;
    }
    int end = index + length;
    boolean readable = true;
    for (int at = index; readable && !over && at < end; at += PIECE) {
      boolean last = end - at <= PIECE;
      readable = decode(buf, at, last ? end - at : PIECE, last, reader);
    }
    return readable;
  }

  private boolean decode(ByteBuf buf, int index, int length, boolean last, Reader reader) {
    came += length;
    long most = Math.min(FREE_BYTES + MOST_TIMES * came, mostInAll);
    try {
      if (!begun) {
        begun = true;
        decompressor.status(); // it takes input only once it was asked whether it needs any
      }
      decompressor.addInput(last ? copy(buf, index, length) : buf.retainedSlice(index, length));
      Decompressor.Status status = decompressor.status();
      while (status == Decompressor.Status.NEED_OUTPUT && decoded < most) {
        show(decompressor.takeOutput(), reader);
        status = decompressor.status();
      }
      boolean tooMuch = status == Decompressor.Status.NEED_OUTPUT;
      over = tooMuch || status == Decompressor.Status.COMPLETE;
      return !tooMuch;
    } catch (DecompressionException damaged) {
      over = true;
      return false;
    }
  }

  /** A codec keeps what came last until more comes: that is not to pin a large buffer. */
  private ByteBuf copy(ByteBuf buf, int index, int length) {
    return alloc.buffer(length).writeBytes(buf, index, length);
  }

  /** Whether the encoded body has ended, or is given up. */
  boolean isOver() {
    return over;
  }

  /** Bytes that the codec holds, most of them outside the heap, by what its body announced. */
  long heldBytes() {
    return closed ? 0 : window.bytes() + OUTPUT_BUFFER;
  }

  /** Whether more of the encoded body would have to come; to be asked once, at its end. */
  boolean isTruncated() {
    if (!begun || over) {
      return false;
    }
    over = true;
    try {
      decompressor.endOfInput();
      return decompressor.status() != Decompressor.Status.COMPLETE;
    } catch (DecompressionException truncated) {
      return true;
    }
  }

  @Override
  public void close() {
    over = true;
    closed = true;
    try {
      decompressor.close();
    } catch (DecompressionException alreadyBroken) {
      // its memory is released all the same
    }
  }

  private void show(ByteBuf output, Reader reader) {
    try {
      decoded += output.readableBytes();
      reader.read(output, output.readerIndex(), output.readableBytes());
    } finally {
      output.release();
    }
  }

  private static JdkZlibDecompressor.Builder zlib(ZlibWrapper wrapper) {
    return JdkZlibDecompressor.builder()
        .wrapper(wrapper)
        .maxAllocation(OUTPUT_BUFFER)
        .decompressConcatenated(true);
  }
}
