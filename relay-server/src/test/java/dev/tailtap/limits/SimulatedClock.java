package dev.tailtap.limits;

import dev.tailtap.rig.HandTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The time of day as one relay has it, which somebody may set. */
final class SimulatedClock extends Clock {
  private final HandTime time;
  private Instant start;
  private long rows;

  /**
   * Of a relay.
   *
   * @param rows where the numbers of its rows begin
   */
  SimulatedClock(HandTime time, Instant start, long rows) {
    this.time = time;
    this.start = start;
    this.rows = rows;
  }

  /** Sets it; whether another day has begun or come back. */
  boolean jump(long millis) {
    Instant before = instant();
    start = start.plusMillis(millis);
    return !before
        .atZone(ZoneOffset.UTC)
        .toLocalDate()
        .equals(instant().atZone(ZoneOffset.UTC).toLocalDate());
  }

  /** The number of a row, which no other has. */
  long next() {
    return rows++;
  }

  @Override
  public Instant instant() {
    return start.plusNanos(time.nanos());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
