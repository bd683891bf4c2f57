package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Callers whose own keys an upstream refused for a while. */
class CallerLimitsTest {
  private long now = 1_000;
  private final CallerLimits limits = new CallerLimits(() -> now, () -> 0.5);

  @Test
  void remembersOneAndNotAnother() {
    limits.remember("a").park(false, 2_000, "429");
    assertEquals(Availability.Claim.NO, limits.of("a").usable(now));
    assertNull(limits.of("b"));
    assertSame(limits.of("a"), limits.remember("a"));
  }

  @Test
  void forgetsWhoIsWell() {
    Availability one = limits.remember("a");
    one.park(false, 2_000, "429");
    limits.forget("a");
    assertNotNull(limits.of("a"), "its time is to come");
    now = 2_000;
    assertEquals(Availability.Claim.PROBE, one.claim(now));
    one.succeeded(true);
    limits.forget("a");
    assertNull(limits.of("a"));
  }

  @Test
  void remembersNoMoreThanItHasRoomFor() {
    for (int i = 0; i < 5_000; i++) {
      Availability one = limits.remember("t" + i);
      if (one != null) {
        one.park(false, 2_000 + i, "429");
      }
    }
    assertEquals(4096, limits.size());
    assertNull(limits.remember("more"));
    now = 3_000;
    assertNotNull(limits.remember("more"), "the time of some is over");
  }
}
