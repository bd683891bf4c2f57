package dev.tailtap.exchange;

import java.time.Duration;

/**
 * How long a request's head takes that has begun. Whether it has is seen from read loops that
 * brought something and no whole head. Coarse times; event loop only.
 */
final class HeadClock {
  private final long limitNanos;
  private long sinceNanos;
  private boolean begun;
  private boolean tookHead; // in the present read loop

  HeadClock(Duration limit) {
    limitNanos = limit.toNanos();
  }

  /** A whole head was read. */
  void taken() {
    tookHead = true;
    begun = false;
  }

  /** What was read so far was no head, but a handshake. */
  void reset() {
    begun = false;
  }

  /**
   * A read loop is over.
   *
   * @param awaited whether nothing but a head could come
   */
  void readComplete(boolean awaited, long now) {
    if (awaited && !tookHead && !begun) {
      begun = true;
      sinceNanos = now;
    }
    tookHead = false;
  }

  boolean overdue(long now) {
    return begun && now - sinceNanos > limitNanos;
  }
}
