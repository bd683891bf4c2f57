package dev.tailtap.loop;

/** Something on an event loop that may stand still too long: see {@link LoopSweep}. */
public interface Sweepable {
  /**
   * Ends what is overdue.
   *
   * @return false once it is over and need not be looked at again
   */
  boolean sweep(long nowNanos);

  /** The relay stops: end what is idle, or, if {@code now}, everything. */
  void shutdown(boolean now);

  /** For how long it could have been ended without a loss to anybody; -1: it cannot be. */
  default long idleNanos(long nowNanos) {
    return -1;
  }
}
