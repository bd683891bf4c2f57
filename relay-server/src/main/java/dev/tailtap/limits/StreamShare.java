package dev.tailtap.limits;

import io.netty.channel.WriteBufferWaterMark;

/** What one stream may take of the memory, by how full the account of it is: one of four. */
public final class StreamShare {
  private static final StreamShare WHOLE = new StreamShare(64 * 1024);
  private static final StreamShare FROM_AN_EIGHTH = new StreamShare(16 * 1024);
  private static final StreamShare FROM_A_QUARTER = new StreamShare(8 * 1024);
  private static final StreamShare FROM_HALF = new StreamShare(2 * 1024);

  private final int bytes;
  private final WriteBufferWaterMark waterMark;

  private StreamShare(int bytes) {
    this.bytes = bytes;
    waterMark = new WriteBufferWaterMark(bytes / 2, bytes);
  }

  static StreamShare of(long held, long limit) {
    if (held < limit / 8) {
      return WHOLE;
    }
    return held < limit / 4 ? FROM_AN_EIGHTH : held < limit / 2 ? FROM_A_QUARTER : FROM_HALF;
  }

  /** That may wait for its client, and that one read may bring. */
  int bytes() {
    return bytes;
  }

  /** The same for a channel: above, no more is read for it, until below the half. */
  public WriteBufferWaterMark waterMark() {
    return waterMark;
  }
}
