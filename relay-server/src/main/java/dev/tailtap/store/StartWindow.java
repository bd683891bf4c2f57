package dev.tailtap.store;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * The times at which a call may have begun: with the id they are the key of its row, and decide its
 * partition, so a clock that leaps must not send them years away.
 */
record StartWindow(Clock clock) {
  static final Duration PAST = Duration.ofDays(35);
  static final Duration FUTURE = Duration.ofMinutes(5);

  /** The time itself, or the end of the window that is nearer; the present where it is unknown. */
  Instant clamp(Instant time) {
    Instant now = clock.instant();
    Instant earliest = now.minus(PAST);
    Instant latest = now.plus(FUTURE);
    if (time == null) {
      return now;
    }
    return time.isBefore(earliest) ? earliest : time.isAfter(latest) ? latest : time;
  }
}
