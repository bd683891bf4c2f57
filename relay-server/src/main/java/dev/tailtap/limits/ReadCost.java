package dev.tailtap.limits;

import java.util.function.LongSupplier;

/**
 * What the bytes of one channel cost: how long the handlers work on them, which may be hundreds of
 * times longer than usual where they are the smallest of chunks, events or requests, or decode to
 * many times themselves. From that follows how many of them a turn of the loop may bring: at first
 * a few, and more in the same turn if those were cheap. Small reads of a channel whose bytes are
 * cheap, as those of single events, are not even measured. Confined to one event loop.
 */
final class ReadCost {
  /** So long may a channel hold its loop in a turn, but for its least. */
  static final long TURN_NANOS = 25_000;

  /** However dear they are: it is to go on, and a request's head has come soon. */
  static final int LEAST = 512;

  /** Of a read, whatever is in it: a request makes so much work however short it is. */
  private static final long FREE_NANOS = 25_000;

  /** More is mostly a handshake, or that the machine had no time for us. */
  private static final long MOST_NANOS = 500_000;

  private static final int WORTH_MEASURING = 1024;

  /** Costs are a mean over the last bytes, of a TLS record at least. */
  private static final int WINDOW = 16 * 1024;

  private final int most;
  private final LongSupplier nanoTime;
  private int bytesPerTurn;
  private int bytes; // of the read that is worked on; 0: of none, or of one that is not measured
  private long began;
  private int windowBytes;
  private long windowNanos;

  /**
   * Begins.
   *
   * @param most bytes in a turn, however cheap
   */
  ReadCost(int most, LongSupplier nanoTime) {
    this.most = most;
    this.nanoTime = nanoTime;
    bytesPerTurn = Math.min(LEAST, most);
  }

  /** How many bytes a turn may bring. */
  int bytesPerTurn() {
    return bytesPerTurn;
  }

  /** A read has brought so many bytes, and the work on them begins. */
  void begin(int read) {
    if (read >= WORTH_MEASURING || bytesPerTurn < most) {
      bytes = Math.max(0, read);
      began = nanoTime.getAsLong();
    }
  }

  /** The work on them has ended; may be called again. */
  void end() {
    if (bytes > 0) {
      windowBytes += bytes;
      long worked = Math.min(nanoTime.getAsLong() - began, MOST_NANOS);
      windowNanos += Math.max(0, worked - FREE_NANOS);
      bytes = 0;
      while (windowBytes > WINDOW) {
        windowBytes >>= 1;
        windowNanos >>= 1;
      }
      long affordable = windowBytes * TURN_NANOS / Math.max(1, windowNanos);
      bytesPerTurn = (int) Math.max(Math.min(LEAST, most), Math.min(affordable, most));
    }
  }
}
