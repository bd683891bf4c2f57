package dev.tailtap.store;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** All clocks of a store, moved by hand: together as time passes, or one of them as it is set. */
final class HandClocks extends Clock {
  private Instant machine = Records.START;
  private Instant database = Records.START;
  private long nanos;

  Clocks clocks() {
    return new Clocks(this, () -> nanos, connection -> database);
  }

  /** Time passes for everybody. */
  void pass(Duration time) {
    machine = machine.plus(time);
    database = database.plus(time);
    nanos += time.toNanos();
  }

  /** Both are set, as on a machine that has both. */
  void set(Duration by) {
    machine = machine.plus(by);
    database = database.plus(by);
  }

  void setDatabase(Duration by) {
    database = database.plus(by);
  }

  @Override
  public Instant instant() {
    return machine;
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
