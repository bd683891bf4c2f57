package dev.tailtap.jvm;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GcOverheadLimitTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final GcOverheadLimit limit = new GcOverheadLimit();
  private long now;
  private long spentMs;

  @Test
  void collectionsWithoutEndInAFullHeapExceedIt() {
    for (int second = 0; second < GcOverheadLimit.SECONDS; second++) {
      assertFalse(look(980, 0.99), "after " + second + " s");
    }
    assertTrue(look(980, 0.99));
  }

  @Test
  void collectionsThatFindGarbageDoNot() {
    for (int second = 0; second < 60; second++) {
      assertFalse(look(980, 0.6));
    }
  }

  @Test
  void aFullHeapThatIsSeldomCollectedDoesNot() {
    for (int second = 0; second < 60; second++) {
      assertFalse(look(500, 0.99));
    }
  }

  @Test
  void onlyTheLastSecondsCount() {
    for (int second = 0; second < 60; second++) {
      look(0, 0.2);
    }
    int seconds = 0;
    while (!look(980, 0.99)) {
      seconds++;
    }
    assertTrue(seconds >= GcOverheadLimit.SECONDS - 1 && seconds <= GcOverheadLimit.SECONDS);
  }

  private boolean look(long collectedMs, double full) {
    now += SECOND;
    spentMs += collectedMs;
    return limit.exceeded(now, spentMs, full);
  }
}
