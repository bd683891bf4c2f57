package dev.tailtap.client;

import dev.tailtap.exchange.Delivery;
import dev.tailtap.http1.ChunkWriter;
import dev.tailtap.http1.JoinedParts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;

/**
 * Passes the buffer that was read from the upstream on to the client, chunk framing included: one
 * read, one write, no copy, no object. Only holes are left out, and what would tell the client the
 * end, the last chunk or the last buffer of a known length, is kept for {@link #end}. A read with
 * holes goes on in {@link JoinedParts}, so that many small ones are no more than a few writes.
 */
final class RawDelivery implements Delivery {
  private final ChannelHandlerContext client;
  private final boolean chunked;
  private final boolean withLength;
  private ByteBuf held; // the last buffer of a body with a length: it tells the client the end
  private boolean written; // some of the body
  private JoinedParts parts; // of a buffer with holes; null as long as there was none
  private int taken = -1; // index in the present buffer up to which it is there; -1: it has no hole

  RawDelivery(ChannelHandlerContext client, boolean chunked, boolean withLength) {
    this.client = client;
    this.chunked = chunked;
    this.withLength = withLength;
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {}

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    if (parts == null) {
      parts = new JoinedParts(client.alloc());
    }
    int from = taken < 0 ? buf.readerIndex() : taken;
    parts.add(buf, from, index - from);
    taken = index + length;
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    if (last && withLength) {
      held = JoinedParts.alone(buf.readSlice(forwardable - buf.readerIndex()), client.alloc());
    } else {
      written = true;
      pass(buf, forwardable);
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    if (held != null) {
      client.write(held, client.voidPromise());
      held = null;
    }
    if (chunked) {
      ByteBufAllocator alloc = client.alloc();
      client.write(
          bareTerminator ? ChunkWriter.terminator(alloc) : ChunkWriter.last(alloc),
          client.voidPromise());
    }
  }

  @Override
  public boolean probe(boolean betweenChunks) {
    if (chunked && betweenChunks) {
      client.writeAndFlush(ChunkWriter.leadingZero(client.alloc()), client.voidPromise());
    }
    return chunked && betweenChunks;
  }

  @Override
  public boolean beat() {
    return false;
  }

  @Override
  public boolean hidAnEvent() {
    return false;
  }

  @Override
  public boolean exceededWindow() {
    return false;
  }

  @Override
  public boolean keepsAll() {
    return held != null && !written;
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
    if (parts != null) {
      parts.release();
    }
  }

  private void pass(ByteBuf buf, int forwardable) {
    if (taken >= 0) {
      writeParts(buf, forwardable);
    } else {
      buf.writerIndex(forwardable);
      write(buf);
    }
  }

  private void writeParts(ByteBuf buf, int forwardable) {
    parts.add(buf, taken, Math.max(0, forwardable - taken));
    parts.compact();
    taken = -1;
    buf.release();
    for (ByteBuf part = parts.take(); part != null; part = parts.take()) {
      client.write(part, client.voidPromise());
    }
  }

  private void write(ByteBuf buf) {
    if (buf.isReadable()) {
      client.write(JoinedParts.alone(buf, client.alloc()), client.voidPromise());
    } else {
      buf.release();
    }
  }
}
