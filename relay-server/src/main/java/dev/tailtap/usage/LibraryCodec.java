package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.BrotliDecompressor;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.Decompressor;
import io.netty.handler.codec.compression.ZstdDecompressor;

/** Brotli and Zstandard, by the native libraries as Netty uses them. Event loop only. */
final class LibraryCodec implements Codec {
  private final ByteBufAllocator alloc;
  private final Decompressor decompressor;

  private LibraryCodec(ByteBufAllocator alloc, Decompressor.AbstractDecompressorBuilder builder) {
    this.alloc = alloc;
    this.decompressor = builder.build(alloc);
    decompressor.status(); // it takes input only once it was asked whether it needs any
  }

  /** RFC 7932. */
  static LibraryCodec brotli(ByteBufAllocator alloc) {
    return new LibraryCodec(alloc, BrotliDecompressor.builder().maxOutputChunkSize(OUTPUT_BUFFER));
  }

  /** RFC 8878. */
  static LibraryCodec zstd(ByteBufAllocator alloc) {
    return new LibraryCodec(
        alloc, ZstdDecompressor.builder().maxWindowLog(CodecWindow.LARGEST_LOG));
  }

  @Override
  public void add(ByteBuf buf, int index, int length, boolean last) {
    decompressor.addInput(last ? copy(buf, index, length) : buf.retainedSlice(index, length));
  }

  /** What came last is kept until more comes: that is not to pin a large buffer. */
  private ByteBuf copy(ByteBuf buf, int index, int length) {
    return alloc.buffer(length).writeBytes(buf, index, length);
  }

  @Override
  public boolean hasMore() {
    return decompressor.status() == Decompressor.Status.NEED_OUTPUT;
  }

  @Override
  public int decode(Reader reader) {
    ByteBuf output = decompressor.takeOutput();
    try {
      int length = output.readableBytes();
      reader.read(output, output.readerIndex(), length);
      return length;
    } finally {
      output.release();
    }
  }

  @Override
  public boolean isOver() {
    return decompressor.status() == Decompressor.Status.COMPLETE;
  }

  @Override
  public boolean isTruncated() {
    decompressor.endOfInput();
    return decompressor.status() != Decompressor.Status.COMPLETE;
  }

  @Override
  public void close() {
    try {
      decompressor.close();
    } catch (DecompressionException alreadyBroken) {
      // its memory is released all the same
    }
  }
}
