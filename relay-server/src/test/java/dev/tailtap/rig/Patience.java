package dev.tailtap.rig;

import java.time.Duration;

/**
 * How long a test waits for what must come. It tells a relay that hangs from a machine that is
 * busy, so it is long; no test asserts that something is faster.
 */
public final class Patience {
  public static final long SECONDS = 180;
  public static final Duration TIME = Duration.ofSeconds(SECONDS);
  public static final long NANOS = TIME.toNanos();
  public static final int MILLIS = (int) TIME.toMillis();

  private Patience() {}
}
