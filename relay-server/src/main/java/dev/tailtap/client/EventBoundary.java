package dev.tailtap.client;

import io.netty.buffer.ByteBuf;

/**
 * Whether what a client has of an event stream ends with a whole event: a line end and, after it, a
 * blank line, or has not begun; each CR, LF or both (WHATWG HTML section 9.2.5). A line feed that
 * comes later and belongs to a final CR is one blank line more to the client, and means nothing.
 * Event loop only.
 */
final class EventBoundary {
  private int last; // four bytes, the latest lowest
  private boolean begun;

  /** The next bytes on their way to the client. */
  void passed(ByteBuf buf, int index, int length) {
    int end = index + length;
    begun |= length > 0;
    for (int i = Math.max(index, end - 4); i < end; i++) {
      last = (last << 8) | (buf.getByte(i) & 0xff);
    }
  }

  /** Whether nothing has passed yet. */
  boolean atStart() {
    return !begun;
  }

  boolean reached() {
    if (atStart()) {
      return true;
    }
    if (!endsLine(last)) {
      return false;
    }
    boolean both = (last & 0xffff) == (('\r' << 8) | '\n');
    return endsLine(both ? last >>> 16 : last >>> 8);
  }

  private static boolean endsLine(int bytes) {
    int b = bytes & 0xff;
    return b == '\n' || b == '\r';
  }
}
