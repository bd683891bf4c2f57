package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/**
 * Splices {@code stream_options.include_usage} into a request body, which is never written anew: a
 * {@link RequestScan} knows the place. Stateless.
 */
final class UsageAsking {
  static final String WISH = "\"include_usage\":true";

  private UsageAsking() {}

  /** Where the client gave no options: {@code place} bytes from the start. */
  static ByteBuf withOptions(ByteBuf body, int place, ByteBufAllocator alloc) {
    return splice(body, place, 0, "\"stream_options\":{" + WISH + "},", alloc);
  }

  /** Where it gave options that are no object. */
  static ByteBuf insteadOf(ByteBuf body, int place, int length, ByteBufAllocator alloc) {
    return splice(body, place, length, "{" + WISH + "}", alloc);
  }

  /** Beside other options, or in an empty object. */
  static ByteBuf amongOptions(ByteBuf body, int place, boolean empty, ByteBufAllocator alloc) {
    return splice(body, place, 0, empty ? WISH : WISH + ",", alloc);
  }

  private static ByteBuf splice(
      ByteBuf body, int place, int replaced, String text, ByteBufAllocator alloc) {
    int from = body.readerIndex();
    int tail = from + place + replaced;
    ByteBuf added = ByteBufUtil.writeAscii(alloc, text);
    return alloc
        .compositeBuffer(3)
        .addComponent(true, body.retainedSlice(from, place))
        .addComponent(true, added)
        .addComponent(true, body.retainedSlice(tail, body.writerIndex() - tail));
  }
}
