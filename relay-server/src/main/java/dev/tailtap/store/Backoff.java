package dev.tailtap.store;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long the writer waits before it tries again: for passing trouble exponentially longer with
 * full jitter, so that many relays do not come back in step; for a broken schema a fixed time.
 */
record Backoff(Duration first, Duration longest, Duration probe) {
  static final Backoff NORMAL =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30), Duration.ofSeconds(30));

  /** Nanoseconds before the try that follows {@code failures} failures in a row. */
  long retryNanos(int failures, RandomGenerator random) {
    long ceiling = first.toNanos() << Math.min(failures - 1, 20);
    return random.nextLong(1, Math.min(ceiling, longest.toNanos()) + 1);
  }
}
