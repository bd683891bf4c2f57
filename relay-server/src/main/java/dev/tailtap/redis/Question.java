package dev.tailtap.redis;

import dev.tailtap.stats.Label;

/**
 * Something that the server was asked and has not answered. Told exactly once, by {@link #answered}
 * or {@link #failed}; after it has failed because it was late, an answer may still come. Event loop
 * only.
 */
abstract class Question {
  private long askedNanos;
  private long deadlineNanos;
  private boolean late;

  /** The reply is no error, and changes with the next one. */
  abstract void answered(Reply reply);

  /**
   * There will be no answer in time.
   *
   * @param why one of the words of {@code limits_shared_asks}
   * @param error what the server said; null: nothing
   */
  abstract void failed(Label why, String error);

  /** The answer came after all. */
  void answeredLate(Reply reply) {}

  void asked(long nowNanos, long patienceNanos) {
    askedNanos = nowNanos;
    deadlineNanos = nowNanos + patienceNanos;
  }

  long askedNanos() {
    return askedNanos;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  boolean late() {
    return late;
  }

  void giveUp() {
    late = true;
    failed(Label.SHARED_TIMEOUT, null);
  }
}
