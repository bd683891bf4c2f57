package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.limits.HandLimits.Told;
import dev.tailtap.record.UsageState;
import dev.tailtap.rig.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Thousands of simulated clients of one bucket, at a clock by hand. */
class LimitsSimulationTest {
  private static final double LIMIT = 60_000; // a minute
  private static final double BURST = 6_000;

  /** A call under way. */
  private record Running(Reservation reservation, double reserved, Long cost, long endsAt) {}

  /** What a bucket was charged at some time. */
  private record Charge(long nanos, double tokens) {}

  @Test
  @Rule(
      value = "A window exceeds its limit by a burst and n * max(0, C - r) at most",
      source = "docs/LIMITS.md")
  void overAnyWindowTheBoundHolds() throws Exception {
    for (int seed = 0; seed < 3_000; seed++) {
      bound(seed);
    }
  }

  private static void bound(int seed) throws Exception {
    Random random = new Random(seed);
    int streams = 1 + random.nextInt(12);
    String reserve = random.nextInt(4) == 0 ? "none" : "mean";
    HandLimits hand =
        new HandLimits(
            "limit.a.tokens", "60k/m", "limit.a.streams", "" + streams, "limit.a.reserve", reserve);
    List<Running> running = new ArrayList<>();
    List<Charge> charges = new ArrayList<>();
    int most = 0;
    double overshoot = 0;
    int largest = 1 + random.nextInt(20_000);
    for (int step = 0; step < 120; step++) {
      hand.pass(random.nextInt(random.nextInt(20) == 0 ? 30_000 : 1_500));
      for (Running one : List.copyOf(running)) {
        if (one.endsAt <= hand.nanos()) {
          running.remove(one);
          double more = end(hand, one, random);
          overshoot = Math.max(overshoot, more);
          charges.add(new Charge(hand.nanos(), more));
        }
      }
      double before = hand.tokensUsed();
      Told told = hand.ask("t");
      if (told.granted != null) {
        double reserved = hand.tokensUsed() - before;
        charges.add(new Charge(hand.nanos(), reserved));
        Long cost = random.nextInt(5) == 0 ? null : (long) random.nextInt(largest);
        long endsAt = hand.nanos() + random.nextInt(40_000) * 1_000_000L;
        running.add(new Running(told.granted, reserved, cost, endsAt));
        most = Math.max(most, running.size());
      }
    }
    for (int from = 0; from < charges.size(); from++) {
      double sum = 0;
      for (int to = from; to < charges.size(); to++) {
        sum += charges.get(to).tokens;
        double minutes = (charges.get(to).nanos - charges.get(from).nanos) / 60e9;
        double bound = LIMIT * minutes + BURST + most * Math.max(0, overshoot) + 1;
        assertTrue(sum <= bound, "seed " + seed + ": " + sum + " of " + bound);
      }
    }
    running.forEach(one -> end(hand, one, random));
    assertEquals(0, hand.held().streams().used(), "seed " + seed);
    hand.pass(24 * 3_600_000);
    assertEquals(0, hand.tokensUsed(), "seed " + seed);
    hand.limits.evict();
    assertEquals(0, hand.limits.states(null, 10).get(0).buckets(), "nothing is kept");
  }

  /** Ends a call in one of many ways; returns what it was charged beyond what was reserved. */
  private static double end(HandLimits hand, Running one, Random random) {
    switch (random.nextInt(6)) {
      case 0 -> { // it was never begun
        one.reservation.close();
        return -one.reserved;
      }
      case 1 -> { // it has reached nobody
        one.reservation.begin();
        one.reservation.charge(hand.call("t", null, 0, UsageState.ABSENT), false);
        one.reservation.close();
        return -one.reserved;
      }
      default -> {
        one.reservation.begin();
        boolean partial = random.nextInt(8) == 0;
        UsageState state = partial ? UsageState.PARTIAL : UsageState.FINAL;
        one.reservation.charge(hand.call("t", one.cost, 200, state), true);
        one.reservation.close();
        double cost = one.cost == null ? one.reserved : one.cost;
        return (partial ? Math.max(cost, one.reserved) : cost) - one.reserved;
      }
    }
  }

  @Test
  @Rule(
      value = "Over an hour of load what was admitted is the limit, within one percent",
      source = "docs/LIMITS.md")
  void overAnHourOfLoadTheLimitIsUsedUp() throws Exception {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      HandLimits hand = new HandLimits("limit.a.tokens", "600k/m", "limit.a.streams", "100");
      List<Running> running = new ArrayList<>();
      double used = 0;
      long end = hand.nanos() + 3_600_000_000_000L;
      while (hand.nanos() < end) {
        hand.pass(500);
        for (Running one : List.copyOf(running)) {
          if (one.endsAt <= hand.nanos()) {
            running.remove(one);
            one.reservation.begin();
            one.reservation.charge(hand.call("t", one.cost), true);
            one.reservation.close();
          }
        }
        Told told = hand.ask("t");
        while (told.granted != null) {
          long cost = (long) (4_000 * Math.exp(random.nextGaussian() * 0.8));
          used += cost;
          long endsAt = hand.nanos() + (1_000 + random.nextInt(15_000)) * 1_000_000L;
          running.add(new Running(told.granted, 0, cost, endsAt));
          told = hand.ask("t");
        }
      }
      double limit = 60 * 600_000;
      assertEquals(1, used / limit, 0.01, "seed " + seed);
    }
  }

  @Test
  void overAnHourOfLoadTheRequestsAreTheLimit() throws Exception {
    HandLimits hand = new HandLimits("limit.a.requests", "600/m");
    int admitted = 0;
    for (int i = 0; i < 36_000; i++) {
      hand.pass(100);
      for (Told told = hand.ask("t"); told.granted != null; told = hand.ask("t")) {
        admitted++;
        told.granted.begin();
        told.granted.close();
      }
    }
    assertEquals(36_000, admitted, 60);
  }

  @Test
  @Rule(
      value = "Where a later limit refuses, what the former gave is given back exactly",
      source = "docs/LIMITS.md")
  void whatTheFormerLimitGaveIsGivenBackExactly() throws Exception {
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      HandLimits hand =
          new HandLimits(
              "limit.a.requests", (1 + random.nextInt(997)) + "/m",
              "limit.a.tokens", (1_000 + random.nextInt(99_999)) + "/m",
              "limit.b.streams", "1");
      Told first = hand.ask("t");
      hand.pass(random.nextInt(50));
      LimitState.Held before = hand.held();
      Told second = hand.ask("t");
      assertNull(second.granted);
      LimitState.Held after = hand.held();
      assertEquals(before.tokens(), after.tokens(), "seed " + seed);
      assertEquals(before.requests(), after.requests(), "seed " + seed);
      assertEquals(1, after.streams() == null ? 1 : after.streams().used());
      first.granted.close();
    }
  }
}
