package dev.tailtap.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Takes the byte order mark away that may stand at the very start of a stream, cut anywhere: behind
 * a comment of ours it would belong to the first event (WHATWG HTML section 9.2.5). Event loop
 * only.
 */
final class LeadingMark {
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private int matched;
  private boolean over;

  /** Whether there is nothing more to look for. */
  boolean over() {
    return over;
  }

  /** How many of these bytes, the next of the stream, belong to the mark as far as it has come. */
  int skip(ByteBuf buf, int index, int length) {
    int taken = 0;
    while (taken < length && matched < MARK.length && buf.getByte(index + taken) == MARK[matched]) {
      matched++;
      taken++;
    }
    over = taken < length || matched == MARK.length;
    return taken;
  }

  /** What was taken for the mark and was none; empty if it was one. */
  ByteBuf mistaken() {
    return matched == MARK.length
        ? Unpooled.EMPTY_BUFFER
        : Unpooled.wrappedBuffer(MARK, 0, matched);
  }
}
