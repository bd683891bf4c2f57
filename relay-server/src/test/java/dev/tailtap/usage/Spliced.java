package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** A body with the wish for usage in it, as the relay would send it. */
final class Spliced {
  private Spliced() {}

  /**
   * The body with {@code stream_options.include_usage} in it; every other byte stays as it came.
   *
   * @param whole all that was fed; neither consumed nor released
   * @return a new buffer, the caller's to release; null if it may not be asked
   */
  static ByteBuf body(RequestScanner scan, ByteBuf whole, ByteBufAllocator alloc) {
    return body(scan.splice(), whole, alloc);
  }

  /** The body with a splice in it, in the same way. */
  static ByteBuf body(RequestScanner.Splice splice, ByteBuf whole, ByteBufAllocator alloc) {
    if (splice == null) {
      return null;
    }
    int at = (int) splice.at();
    int tail = whole.readerIndex() + at + (int) splice.replaced();
    return alloc
        .compositeBuffer(3)
        .addComponent(true, whole.retainedSlice(whole.readerIndex(), at))
        .addComponent(true, ByteBufUtil.writeAscii(alloc, splice.text()))
        .addComponent(true, whole.retainedSlice(tail, whole.writerIndex() - tail));
  }
}
