package dev.tailtap.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of ends that could not be told, time being driven by hand. */
class UntoldTest {
  private static final long SECOND = 1_000_000_000;

  private final Untold untold = new Untold(4);

  @Test
  void becomesLessByThisRelaysPartOfTheRefill() {
    Claim bucket = tokens("a");
    assertTrue(untold.add(bucket, 10_000_000, 0));
    assertTrue(untold.add(bucket, 2_000_000, 4 * SECOND));
    assertEquals(
        List.of(new Untold.Sum(bucket, 10_000_000)), untold.take(9, 8 * SECOND)); // 12 s - 8 s / 4
    assertEquals(List.of(), untold.take(9, 8 * SECOND));
  }

  @Test
  void isNothingOnceItIsWorkedOff() {
    assertTrue(untold.add(tokens("a"), 1_000_000, 0));
    assertEquals(List.of(), untold.take(9, 4 * SECOND));
  }

  @Test
  void givesBackWhatItHasAlone() {
    Claim bucket = tokens("a");
    assertTrue(untold.add(bucket, 3_000_000, 0));
    assertTrue(untold.add(bucket, -2_000_000, 0));
    assertFalse(untold.add(bucket, -2_000_000, 0));
    assertTrue(untold.add(bucket, 500_000, 0));
    assertEquals(List.of(new Untold.Sum(bucket, 500_000)), untold.take(9, 0));
  }

  @Test
  void hasRoomForSoManyBucketsAndNoMore() {
    for (int i = 0; i < Untold.MOST; i++) {
      assertTrue(untold.add(tokens("a" + i), i == 0 ? 1_000_000 : 90_000_000, 0));
    }
    assertFalse(untold.add(tokens("one-more"), 1, SECOND));
    assertTrue(untold.add(tokens("one-more"), 1_000_000, 5 * SECOND), "one is worked off");
    int all = 0;
    for (List<Untold.Sum> lot = untold.take(64, 5 * SECOND);
        !lot.isEmpty();
        lot = untold.take(64, 5 * SECOND)) {
      assertTrue(lot.size() <= 64);
      all += lot.size();
    }
    assertEquals(Untold.MOST, all);
  }

  private static Claim tokens(String key) {
    return Claim.tokens(key, 1_000, 1_000_000, 10_000_000, Claim.Reserve.MEAN);
  }
}
