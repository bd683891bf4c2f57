package dev.tailtap.client;

import dev.tailtap.exchange.Delivery;
import dev.tailtap.http1.ChunkWriter;
import dev.tailtap.http1.JoinedParts;
import dev.tailtap.usage.UsageEventFilter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AsciiString;

/**
 * Takes the payload of each read out of the upstream's framing and puts it into our own: one chunk
 * per read, or bare for a client that knows no chunks. For an HTTP/1.0 client, where the frame that
 * our asking added is hidden, and where heartbeats go between events. Slices, no copies.
 */
final class ReframedDelivery implements Delivery {
  private static final AsciiString BEAT = AsciiString.cached(": ping\n\n");

  private final ChannelHandlerContext client;
  private final boolean chunked;
  private final UsageEventFilter hiding; // null: nothing is hidden
  private final EventBoundary boundary; // null: no heartbeats
  private final JoinedParts parts;
  private LeadingMark mark; // null: no comment of ours stands before the first event

  /**
   * Starts a body.
   *
   * @param chunked false: the end of the connection ends it
   * @param hidingWindow 0: hide nothing; else the largest frame that can be the hidden one
   * @param beats whether {@link #beat} may add to it
   */
  ReframedDelivery(ChannelHandlerContext client, boolean chunked, int hidingWindow, boolean beats) {
    this.client = client;
    this.chunked = chunked;
    parts = new JoinedParts(client.alloc());
    hiding =
        hidingWindow == 0 ? null : new UsageEventFilter(client.alloc(), hidingWindow, this::add);
    boundary = beats ? new EventBoundary() : null;
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    int skipped = mark == null || mark.over() ? 0 : withoutMark(buf, index, length);
    if (hiding != null) {
      hiding.payload(buf, index + skipped, length - skipped);
    } else {
      if (boundary != null) {
        boundary.passed(buf, index + skipped, length - skipped);
      }
      parts.add(buf, index + skipped, length - skipped);
    }
  }

  private int withoutMark(ByteBuf buf, int index, int length) {
    int skipped = mark.skip(buf, index, length);
    if (mark.over() && hiding != null) {
      ByteBuf mistaken = mark.mistaken();
      hiding.payload(mistaken, 0, mistaken.readableBytes());
    } else if (mark.over()) {
      add(mark.mistaken());
    }
    return skipped;
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {}

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    buf.release();
    writeChunk();
  }

  @Override
  public void end(boolean bareTerminator) {
    if (hiding != null) {
      hiding.end();
      writeChunk();
    }
    if (chunked) {
      write(ChunkWriter.last(client.alloc()));
    }
  }

  @Override
  public boolean probe(boolean betweenChunks) {
    if (chunked) { // ours, and always whole
      client.writeAndFlush(ChunkWriter.leadingZero(client.alloc()), client.voidPromise());
    }
    return chunked;
  }

  @Override
  public void readComplete() {}

  @Override
  public long heldBytes() {
    return hiding == null ? 0 : hiding.heldBytes();
  }

  @Override
  public void close() {
    if (hiding != null) {
      hiding.close();
    }
    parts.release();
  }

  @Override
  public boolean beat() {
    if (boundary == null || !boundary.reached()) {
      return false;
    }
    mark = boundary.atStart() ? new LeadingMark() : mark;
    add(ByteBufUtil.writeAscii(client.alloc(), BEAT));
    writeChunk();
    return true;
  }

  @Override
  public boolean hidAnEvent() {
    return hiding != null && hiding.hidden();
  }

  @Override
  public boolean exceededWindow() {
    return hiding != null && hiding.exceededWindow();
  }

  private void add(ByteBuf part) {
    if (boundary != null) {
      boundary.passed(part, part.readerIndex(), part.readableBytes());
    }
    parts.add(part);
  }

  private void writeChunk() {
    boolean framed = chunked && parts.bytes() > 0;
    if (framed) {
      write(ChunkWriter.begin(client.alloc(), parts.bytes()));
    }
    parts.compact();
    for (ByteBuf part = parts.take(); part != null; part = parts.take()) {
      write(part);
    }
    if (framed) {
      write(ChunkWriter.end(client.alloc()));
    }
  }

  private void write(ByteBuf bytes) {
    client.write(bytes, client.voidPromise());
  }
}
