package dev.tailtap.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MemoryTrimTest {
  private static final long LOOK = TimeUnit.SECONDS.toNanos(5);
  private static final long IDLE = LOOK / 100;
  private static final long MIB = 1 << 20;

  private final MemoryTrim trim = new MemoryTrim(0, 0);
  private long now;
  private long cpu;

  @Test
  void whatALoadLeftIsGivenBackOnceItHasGone() {
    assertEquals(0, dueIn(10, IDLE, 120 * MIB), "an idle relay has nothing to give back");
    assertEquals(0, dueIn(10, LOOK, 600 * MIB), "a busy one is let alone");
    assertEquals(1, dueIn(2, IDLE, 600 * MIB), "the second quiet look");
    done(130 * MIB);
    assertEquals(0, dueIn(1000, IDLE, 150 * MIB));
  }

  @Test
  void whatStaysAfterItCountsAsNeeded() {
    dueIn(10, IDLE, 120 * MIB);
    dueIn(1, LOOK, 600 * MIB);
    assertEquals(1, dueIn(2, IDLE, 600 * MIB));
    done(590 * MIB);
    assertEquals(0, dueIn(1000, IDLE, 600 * MIB));
    assertTrue(dueIn(3, IDLE, 700 * MIB) > 0, "it has grown again");
  }

  @Test
  void aTwentiethOfTheTimeGoesIntoItAtMost() {
    dueIn(10, IDLE, 120 * MIB);
    dueIn(1, LOOK, 600 * MIB);
    assertEquals(1, dueIn(2, IDLE, 600 * MIB));
    long took = TimeUnit.SECONDS.toNanos(2);
    trim.trimmed(now, took, cpu, 120 * MIB);
    int rest = (int) (20 * took / LOOK);
    assertEquals(0, dueIn(rest - 1, IDLE, 600 * MIB));
    assertTrue(dueIn(2, IDLE, 600 * MIB) > 0);
  }

  @Test
  void whatComesAndGoesBetweenTwoQuietLooksIsNoReason() {
    dueIn(10, IDLE, 120 * MIB);
    dueIn(1, LOOK, 600 * MIB);
    for (int i = 0; i < 100; i++) {
      assertFalse(look(IDLE, 600 * MIB));
      assertFalse(look(LOOK, 600 * MIB));
    }
  }

  private int dueIn(int looks, long cpuEach, long resident) {
    int due = 0;
    for (int i = 0; i < looks; i++) {
      due += look(cpuEach, resident) ? 1 : 0;
    }
    return due;
  }

  private boolean look(long cpuEach, long resident) {
    now += LOOK;
    cpu += cpuEach;
    return trim.due(now, cpu, resident);
  }

  private void done(long resident) {
    trim.trimmed(now, TimeUnit.MILLISECONDS.toNanos(200), cpu, resident);
  }
}
