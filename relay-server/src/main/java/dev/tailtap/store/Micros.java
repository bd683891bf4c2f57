package dev.tailtap.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Microseconds since 1970, the finest that PostgreSQL keeps. A time outside the years 1 to 9999 is
 * moved to the nearer end, so that no clock can make a row that the database refuses.
 */
final class Micros {
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

  private Micros() {}

  static Long of(Instant time) {
    if (time == null) {
      return null;
    }
    Instant held = time.isBefore(EARLIEST) ? EARLIEST : time.isAfter(LATEST) ? LATEST : time;
    return Math.floorDiv(held.getNano(), 1_000) + held.getEpochSecond() * 1_000_000;
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
