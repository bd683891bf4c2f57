package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Scans a body for somebody who works on each span of payload: of a buffer that has more than a few
 * small ones, they are copied together and told as one. So a body of the smallest chunks costs
 * little more than its bytes. Holds nothing between two scans: one per event loop.
 */
public final class GatheredSpans implements BodyScanner.Spans {
  /** Bytes of a span that is not worth being told alone. */
  private static final int SMALL = 32;

  /** Of one buffer: there are ends of streams among them, and events that were cut. */
  private static final int MOST_ALONE = 8;

  private ByteBufAllocator alloc;
  private BodyScanner.Spans target; // null between two scans
  private int alone; // small spans that were
  private ByteBuf gathered; // null: none are

  /**
   * Lets a scanner read on in a buffer, as {@link BodyScanner#scan} does.
   *
   * @param room where to copy to
   */
  public void scan(
      BodyScanner scanner, ByteBuf buf, ByteBufAllocator room, BodyScanner.Spans spans) {
    assert target == null : "a scan within a scan";
    alloc = room;
    target = spans;
    alone = 0;
    try {
      scanner.scan(buf, this);
      tell();
    } finally {
      target = null;
      if (gathered != null) { // whoever was told has failed
        gathered.release();
        gathered = null;
      }
    }
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    if (length >= SMALL) {
      tell();
      target.payload(buf, index, length);
    } else if (alone < MOST_ALONE) {
      alone++;
      target.payload(buf, index, length);
    } else {
      if (gathered == null) {
        gathered = alloc.buffer(buf.writerIndex() - index);
      }
      gathered.writeBytes(buf, index, length);
    }
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    target.hole(buf, index, length);
  }

  private void tell() {
    if (gathered != null) {
      ByteBuf all = gathered;
      gathered = null;
      try {
        target.payload(all, all.readerIndex(), all.readableBytes());
      } finally {
        all.release();
      }
    }
  }
}
