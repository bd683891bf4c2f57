package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the account of memory does as it fills; its thread's looks are the test's. */
class MemoryAccountTest {
  private static final int KIB = 1024;
  private static final long LIMIT = 1000 * KIB;

  private final Stats stats = new Stats();
  private final MemoryAccount account = new MemoryAccount(LIMIT, stats);

  private Holding holding(long kibibytes) {
    Holding holding = account.open(() -> {});
    holding.set(kibibytes * KIB);
    return holding;
  }

  @Test
  void chargesStepsOfAKibibyteAndComesBackToZero() {
    Holding one = account.open(() -> {});
    one.set(1);
    assertEquals(KIB, account.held());
    one.set(5 * KIB + 1);
    assertEquals(6 * KIB, account.held());
    Holding other = holding(10);
    one.close();
    assertEquals(10 * KIB, account.held());
    other.close();
    assertEquals(0, account.held());
  }

  @Test
  void letsAStreamHoldLessAsItFills() {
    List<Integer> allowed = new ArrayList<>();
    Holding holding = account.open(() -> {});
    for (long kibibytes : new long[] {0, 124, 125, 249, 250, 499, 500, 999}) {
      holding.set(kibibytes * KIB);
      allowed.add(account.perStream() / KIB);
    }
    assertEquals(List.of(64, 64, 16, 16, 8, 8, 2, 2), allowed);
  }

  @Test
  void neverLetsBodiesFillMoreThanHalfHoweverManyThereAre() {
    List<Holding> bodies = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      bodies.add(account.open(() -> {}));
    }
    for (int round = 0; round < 1_000; round++) {
      for (Holding body : bodies) {
        long more = body.bytes() + 16 * KIB;
        if (more <= account.perBody()) {
          body.set(more);
        }
      }
    }
    assertTrue(account.held() <= LIMIT / 2, account.held() + " bytes");
    assertTrue(account.held() > LIMIT / 4, account.held() + " bytes");
  }

  @Test
  void admitsNobodyFromNineTenthsOnAndAgainBelow() {
    Holding holding = holding(899);
    assertFalse(account.refusing());
    holding.set(900 * KIB);
    assertTrue(account.refusing());
    holding.set(899 * KIB);
    assertFalse(account.refusing());
  }

  @Test
  void cutsWhoHoldsMostAndNoMoreThanItTakes() {
    List<String> cut = new ArrayList<>();
    int[] sizes = {300, 5, 200, 100, 150, 60};
    for (int size : sizes) {
      account.open(() -> cut.add("" + size)).set((long) size * KIB);
    }
    account.look();
    assertEquals(List.of("300"), cut); // 815 of 1000 are held, and 700 may be
    account.look();
    assertEquals(List.of("300"), cut); // on its way out already
    assertEquals(1, stats.value(Metric.MEMORY_CUT));
  }

  /** A connection may stay after what it asked for was cut. */
  @Test
  void cutsOnceMoreWhoHasLetGoAndHoldsMostAgain() {
    List<String> cut = new ArrayList<>();
    Holding hog = account.open(() -> cut.add("hog"));
    hog.set(900L * KIB);
    account.look();
    hog.set(0);
    hog.set(900L * KIB);
    account.look();
    assertEquals(List.of("hog", "hog"), cut);
  }

  @Test
  void cutsMoreWhileThoseThatAreCutAreNotEnough() {
    List<Integer> cut = new ArrayList<>();
    for (int i = 0; i < 90; i++) {
      int number = i;
      account.open(() -> cut.add(number)).set((10L + i % 2) * KIB);
    }
    account.look();
    assertEquals(23, cut.size()); // 945 are held: 245 too many, in parts of 11
    assertTrue(cut.stream().allMatch(number -> number % 2 == 1), cut::toString);
  }

  @Test
  void forgetsWhoWasLargeAndIsSmallAllTheWhileBetweenTwoSweeps() {
    List<String> cut = new ArrayList<>();
    Holding lately = account.open(() -> cut.add("lately"));
    Holding before = account.open(() -> cut.add("before"));
    before.set(10 * KIB);
    before.set(KIB);
    before.sweep();
    before.sweep();
    lately.set(10 * KIB);
    lately.set(KIB);
    lately.sweep();
    for (int i = 0; i < 300; i++) {
      holding(3); // too small to be worth cutting
    }
    account.look();
    assertEquals(List.of("lately"), cut);
    before.set(20 * KIB);
    account.look();
    assertEquals(List.of("lately", "before"), cut);
  }

  @Test
  void countsEachStageOnceAndForgetsWhoHasClosed() {
    List<Integer> cut = new ArrayList<>();
    Holding gone = account.open(() -> cut.add(1));
    gone.set(600 * KIB);
    account.look();
    account.look();
    assertEquals(1, stats.value(Metric.OVERLOAD, "hold_less"));
    gone.close();
    account.look();
    assertEquals(1, stats.value(Metric.OVERLOAD, "calm"));
    Holding rest = account.open(() -> cut.add(2));
    rest.set(900 * KIB);
    account.look();
    assertEquals(List.of(2), cut);
    assertEquals(1, stats.value(Metric.OVERLOAD, "refuse"));
  }
}
