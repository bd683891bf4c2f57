package dev.tailtap.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AsciiString;

/**
 * Passes the buffer that was read from the upstream on to the client, chunk framing included: one
 * read, one write, no copy, no object. Only a chunk extension is left out, and what would tell the
 * client the end, the last chunk or the last buffer of a known length, is kept for {@link #end}.
 */
final class RawDelivery implements Delivery {
  private static final AsciiString EMPTY_LINE = AsciiString.cached("\r\n");
  private static final AsciiString ZERO = AsciiString.cached("0");
  private static final AsciiString LAST_CHUNK = AsciiString.cached("0\r\n\r\n");

  private final ChannelHandlerContext client;
  private final boolean chunked;
  private final boolean withLength;
  private ByteBuf held; // the last buffer of a body with a length: it tells the client the end
  private int sent = -1; // index in the present buffer up to which it was written; -1: nothing was

  RawDelivery(ChannelHandlerContext client, boolean chunked, boolean withLength) {
    this.client = client;
    this.chunked = chunked;
    this.withLength = withLength;
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {}

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    writeSlice(buf, sent < 0 ? buf.readerIndex() : sent, index);
    sent = index + length;
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    if (last && withLength) {
      held = buf.readSlice(forwardable - buf.readerIndex());
      return;
    }
    if (sent < 0 && forwardable == buf.writerIndex()) {
      client.write(buf, client.voidPromise());
      return;
    }
    writeSlice(buf, sent < 0 ? buf.readerIndex() : sent, forwardable);
    sent = -1;
    buf.release();
  }

  @Override
  public void end(boolean bareTerminator) {
    if (held != null) {
      client.write(held, client.voidPromise());
      held = null;
    }
    if (chunked) {
      AsciiString rest = bareTerminator ? EMPTY_LINE : LAST_CHUNK;
      client.write(ByteBufUtil.writeAscii(client.alloc(), rest), client.voidPromise());
    }
  }

  @Override
  public boolean probe(boolean betweenChunks) {
    if (chunked && betweenChunks) {
      client.writeAndFlush(ByteBufUtil.writeAscii(client.alloc(), ZERO), client.voidPromise());
    }
    return chunked && betweenChunks;
  }

  @Override
  public long heldBytes() {
    return held == null ? 0 : held.readableBytes();
  }

  @Override
  public void close() {
    if (held != null) {
      held.release();
      held = null;
    }
  }

  private void writeSlice(ByteBuf buf, int from, int to) {
    if (to > from) {
      client.write(buf.retainedSlice(from, to - from), client.voidPromise());
    }
  }
}
