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
 * end, the last chunk or the last buffer of a known length, is kept for {@link #end}; and with an
 * answer that one read brought its head, which nobody has a use for before. A read with holes goes
 * on in {@link JoinedParts}, so that many small ones are no more than a few writes.
 */
final class RawDelivery implements Delivery {
  private final ChannelHandlerContext client;
  private final boolean chunked;
  private final boolean withLength;
  private ByteBuf head; // of a body with a length; null once it is written
  private ByteBuf held; // the last buffer of a body with a length: it tells the client the end
  private JoinedParts parts; // of a buffer with holes; null as long as there was none
  private int taken = -1; // index in the present buffer up to which it is there; -1: it has no hole

  /** Of a body without a length, whose head is written. */
  RawDelivery(ChannelHandlerContext client, boolean chunked) {
    this(client, null, chunked, false);
  }

  private RawDelivery(
      ChannelHandlerContext client, ByteBuf head, boolean chunked, boolean withLength) {
    this.client = client;
    this.head = head;
    this.chunked = chunked;
    this.withLength = withLength;
  }

  /** Takes the head over, and writes it with the first that is written of the body. */
  static RawDelivery ofLength(ChannelHandlerContext client, ByteBuf head) {
    return new RawDelivery(client, head, false, true);
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
    } else if (taken >= 0) {
      writeHead();
      writeParts(buf, forwardable);
    } else {
      writeHead();
      buf.writerIndex(forwardable);
      write(buf);
    }
  }

  @Override
  public void readComplete() {
    if (held == null) {
      writeHead();
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    writeHead();
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
  public long heldBytes() {
    return bytes(head) + bytes(held);
  }

  /** Who was not given the end is given the head: it was answered. */
  @Override
  public void close() {
    writeHead();
    if (held != null) {
      held.release();
      held = null;
    }
    if (parts != null) {
      parts.release();
    }
  }

  private static long bytes(ByteBuf waiting) {
    return waiting == null ? 0 : waiting.readableBytes();
  }

  private void writeHead() {
    if (head != null) {
      client.write(head, client.voidPromise());
      head = null;
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
