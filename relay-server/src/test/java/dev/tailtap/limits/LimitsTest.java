package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.limits.HandLimits.Told;
import dev.tailtap.record.UsageState;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Metric;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What limits that are set by name take and give, at a clock by hand. */
class LimitsTest {
  private static void over(HandLimits hand, Told told, Long cost) {
    told.granted.begin();
    told.granted.charge(hand.call("t", cost), true);
    told.granted.close();
  }

  @Test
  void aBurstOfRequestsIsATenthOfTheRate() throws Exception {
    HandLimits hand = new HandLimits("limit.a.requests", "600/m");
    for (int i = 0; i < 60; i++) {
      assertNotNull(hand.ask("t").granted, "request " + i);
    }
    Denial why = hand.ask("t").why;
    assertEquals(Refusal.REQUESTS_LIMIT, why.why());
    assertEquals("a", why.limit());
    assertEquals(1, why.retryAfterSeconds());
    hand.pass(100);
    assertNotNull(hand.ask("t").granted);
    assertNull(hand.ask("t").granted);
  }

  @Test
  @Rule(value = "A debt is kept, and nothing is forgiven of it", source = "docs/LIMITS.md")
  void aDebtIsPaidBackBeforeTheNextCall() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m");
    over(hand, hand.ask("t"), 66_000L);
    Denial why = hand.ask("t").why;
    assertEquals(Refusal.TOKENS_LIMIT, why.why());
    // 6,000 fit into the bucket, and a call takes half of it, for what the last one cost.
    assertEquals(63, why.retryAfterSeconds());
    assertTrue(why.lasting(), "a client's library would wait in vain");
    hand.pass(62_999);
    assertNull(hand.ask("t").granted);
    hand.pass(1);
    assertNotNull(hand.ask("t").granted);
  }

  @Test
  void aLimitOfTheLongestTimesForgetsNoDebt() throws Exception {
    for (String[] settings :
        new String[][] {
          {"limit.a.tokens", "1/d", "limit.a.tokens-burst", "2"},
          {"limit.a.tokens", "1/d", "limit.a.tokens-burst", "1M"},
          {"limit.a.tokens", "1/d", "limit.a.tokens-burst", "2", "limit.a.max-debt", "100000"}
        }) {
      HandLimits hand = new HandLimits(settings);
      Told first = hand.ask("t");
      Told second = hand.ask("t");
      over(hand, first, 2_000_000_000L);
      if (second.granted != null) {
        over(hand, second, 2_000_000_000L);
      }
      Denial why = hand.ask("t").why;
      assertNotNull(why, String.join(" ", settings));
      assertEquals(Refusal.TOKENS_LIMIT, why.why());
    }
  }

  @Test
  void aReloadToAMuchLowerRateForgetsNoDebt() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "1M/s");
    over(hand, hand.ask("t"), 60_000_000L);
    hand.use("limit.a.tokens", "1/d");
    assertEquals(Refusal.TOKENS_LIMIT, hand.ask("t").why.why());
  }

  @Test
  void aBurstOfTheLongestTimesIsNoLessThanOneOfShorter() throws Exception {
    HandLimits hand =
        new HandLimits("limit.a.requests", "1/d", "limit.a.requests-burst", "1000000000");
    for (int i = 0; i < 100; i++) {
      assertNotNull(hand.ask("t").granted, "request " + i);
    }
  }

  @Test
  void anAbsurdCountLocksNobodyOutForEver() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m", "limit.a.max-debt", "2");
    over(hand, hand.ask("t"), Long.MAX_VALUE / 2);
    assertEquals(1, hand.stats.value(Metric.LIMIT_DEBT_CAPPED, "a"));
    hand.pass(2 * 60_000 + 6_000);
    assertNotNull(hand.ask("t").granted);
  }

  @Test
  @Rule(
      value = "A bucket that is full admits a call, whatever those before cost",
      source = "docs/LIMITS.md")
  void aFullBucketAlwaysAdmitsACall() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "10/m");
    over(hand, hand.ask("t"), 5_000_000L);
    hand.pass(100L * 3_600_000);
    assertNotNull(hand.ask("t").granted);
  }

  @Test
  void aCallWithoutUsageCostsWhatWasReserved() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m");
    over(hand, hand.ask("t"), 1_000L);
    hand.pass(3_600_000);
    Told silent = hand.ask("t");
    over(hand, silent, null);
    assertEquals(1_000, hand.tokensUsed(), 0.01);
    assertEquals(1, hand.stats.value(Metric.LIMIT_ESTIMATED, "a"));
  }

  @Test
  void aCallThatItsProviderRefusedCostsNothing() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m");
    Told told = hand.ask("t");
    assertTrue(hand.tokensUsed() > 0);
    told.granted.begin();
    told.granted.charge(hand.call("t", null, 429, UsageState.ABSENT), true);
    told.granted.close();
    assertEquals(0, hand.tokensUsed());
  }

  @Test
  void aCallThatBrokeOffCostsTheLargerOfWhatIsKnownAndWhatWasReserved() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m");
    Told small = hand.ask("t");
    double reserved = hand.tokensUsed();
    small.granted.begin();
    small.granted.charge(hand.call("t", 1L, 200, UsageState.PARTIAL), true);
    small.granted.close();
    assertEquals(reserved, hand.tokensUsed());
    hand.pass(3_600_000);
    Told large = hand.ask("t");
    large.granted.begin();
    large.granted.charge(hand.call("t", 2_000L, 200, UsageState.PARTIAL), true);
    large.granted.close();
    assertEquals(2_000, hand.tokensUsed(), 0.01);
  }

  @Test
  void eachTryThatReportedUsageIsChargedAndTheRequestOnce() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "600k/m", "limit.a.requests", "600/m");
    Told told = hand.ask("t");
    told.granted.begin();
    told.granted.charge(hand.call("t", 300L), true);
    told.granted.charge(hand.call("t", null, 503, UsageState.ABSENT), true);
    told.granted.charge(hand.call("t", 40L), true);
    told.granted.close();
    assertEquals(340, hand.tokensUsed(), 0.01);
    assertEquals(1, hand.held().requests().used(), 0.01);
  }

  @Test
  void aLimitThatOnlyWarnsTakesNothingOfWhomItWouldRefuse() throws Exception {
    HandLimits hand = new HandLimits("limit.a.requests", "1/h", "limit.a.mode", "warn");
    assertNull(hand.ask("t").granted.warning());
    Told second = hand.ask("t");
    assertEquals("a;requests_limit", second.granted.warning());
    assertEquals(1, hand.stats.value(Metric.LIMIT_WARNED, "a", "requests_limit"));
    assertEquals(1, hand.held().requests().used(), 0.01);
  }

  @Test
  void eachTenantHasABucketOfItsOwnUpToTheRoomForThem() throws Exception {
    HandLimits hand =
        new HandLimits("limit.a.streams", "1", "limit.a.per", "tenant", "limits.buckets", "16");
    List<Told> inside = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      inside.add(hand.ask("t-" + i));
    }
    Told rest = hand.ask("one more");
    assertNotNull(rest.granted, "the bucket of the rest was free");
    assertEquals(Refusal.STREAMS_LIMIT, hand.ask("yet another").why.why());
    assertEquals(2, hand.stats.value(Metric.LIMIT_SHARED_BUCKET, "a"));
    inside.forEach(told -> told.granted.close());
    hand.limits.evict();
    assertNotNull(hand.ask("yet another").granted);
    rest.granted.close();
  }

  @Test
  void aBucketThatIsInUseOrInDebtIsKept() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m", "limit.a.per", "tenant");
    over(hand, hand.ask("in debt"), 60_000L);
    Told running = hand.ask("running");
    hand.limits.evict();
    assertEquals(2, hand.limits.states("a", 10).get(0).buckets());
    hand.pass(61_000);
    hand.limits.evict();
    assertEquals(1, hand.limits.states("a", 10).get(0).buckets());
    running.granted.close();
    hand.pass(61_000);
    hand.limits.evict();
    assertEquals(0, hand.limits.states("a", 10).get(0).buckets());
  }

  @Test
  void aLimitIsForWhomItsGlobsMatchAndForKeysThatNameIt() throws Exception {
    HandLimits hand =
        new HandLimits(
            "limit.a.match", "tenant:acme* model:gpt-*",
            "limit.a.requests", "1/h",
            "limit.b.match", "named",
            "limit.b.requests", "1/h");
    assertNotNull(hand.ask("acme-1", null, "gpt-5").granted);
    assertEquals("a", hand.ask("acme-2", null, "gpt-4").why.limit());
    assertNotNull(hand.ask("acme-2", null, "o3").granted);
    assertNotNull(hand.ask("other", null, "gpt-4").granted);
    assertNotNull(hand.ask("other", "b", "x").granted);
    assertEquals("b", hand.ask("other", "b", "x").why.limit());
    assertNotNull(hand.ask("other", null, "x").granted);
    assertEquals(Refusal.LIMIT_UNKNOWN, hand.ask("other", "c", "x").why.why());
    assertTrue(hand.limits.has("b"));
    assertFalse(hand.limits.has("c"));
  }

  @Test
  void aModelThatNobodyCouldReadMayBeAny() throws Exception {
    HandLimits hand = new HandLimits("limit.a.match", "model:gpt-*", "limit.a.requests", "1/h");
    for (boolean first = true; first || hand.held().refused() < 1; first = false) {
      Reservation wanted = hand.gate.open();
      wanted.facets().set("t", null, null, null, "u", "r", -1);
      wanted.facets().modelUnread();
      hand.gate.admit(wanted, new Told());
    }
    assertNotNull(hand.ask("t", null, null).granted, "of none no glob is");
  }

  @Test
  void eachOfSeveralRelaysHoldsItsPart() throws Exception {
    HandLimits hand =
        new HandLimits("limit.a.requests", "600/m", "limit.a.streams", "9", "limits.relays", "3");
    List<Told> inside = new ArrayList<>();
    for (Told told = hand.ask("t"); told.granted != null; told = hand.ask("t")) {
      inside.add(told);
    }
    assertEquals(3, inside.size());
    assertEquals(20, hand.held().requests().size(), 0.001);
  }

  @Test
  void whatIsInUseIsAsMuchAfterAReload() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "60k/m", "limit.a.streams", "5");
    Told running = hand.ask("t");
    over(hand, hand.ask("t"), 3_000L);
    double before = hand.tokensUsed();
    hand.use("limit.a.tokens", "600k/m", "limit.a.streams", "1");
    assertEquals(before, hand.tokensUsed(), 0.01);
    assertEquals(Refusal.STREAMS_LIMIT, hand.ask("t").why.why(), "the running one counts");
    over(hand, running, 100L);
    assertNotNull(hand.ask("t").granted);
    hand.use();
    assertEquals(List.of(), hand.limits.states(null, 10));
    assertFalse(hand.gate.any());
  }

  @Test
  void moneyIsALimitToo() throws Exception {
    HandLimits hand = new HandLimits("limit.a.tokens", "10/m", "limit.a.unit", "money");
    over(hand, hand.ask("t"), 3_000L); // three dollars, of the one that there is at once
    assertEquals(3, hand.tokensUsed(), 0.001);
    assertNull(hand.ask("t").granted);
  }

  @Test
  void aClockOfTheDayThatJumpsChangesNoRate() throws Exception {
    HandLimits hand = new HandLimits("limit.a.requests", "1/h");
    assertNotNull(hand.ask("t").granted);
    hand.jump(hand.wall().plusSeconds(1_000_000));
    assertNull(hand.ask("t").granted);
  }
}
