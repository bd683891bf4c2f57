package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.LimitConfig.Period;
import dev.tailtap.limits.BudgetLedger.Span;
import dev.tailtap.limits.BudgetLedger.Sum;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Rule;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Budgets beside sums that the test makes, in every order in which things can happen. */
class BudgetTest {
  /** What the database has of tenants. */
  private final Map<String, Long> stored = new HashMap<>();

  private List<Sum> sums(boolean money) {
    List<Sum> sums = new ArrayList<>();
    stored.forEach(
        (tenant, tokens) -> {
          BigDecimal amount = BigDecimal.valueOf(tokens, money ? 3 : 0);
          sums.add(new Sum(tenant, "u", money ? "USD" : null, amount));
        });
    return sums;
  }

  private void answer(BudgetLedger.Question question, List<Sum> tokens, List<Sum> money) {
    Map<Span, List<Sum>> answer = new HashMap<>();
    question.spans().forEach(span -> answer.put(span, span.money() ? money : tokens));
    question.answered(answer);
  }

  private void refresh(HandLimits hand) {
    BudgetLedger.Question question = hand.budgets.question();
    question.snapshot();
    answer(question, sums(false), sums(true));
  }

  private static double spent(HandLimits hand, String tenant, String limit) {
    Told.ask(hand, tenant);
    return hand.limits.states(limit, 10).get(0).fullest().stream()
        .filter(held -> held.of().get("tenant").equals(tenant))
        .mapToDouble(held -> held.budget().part().used())
        .sum();
  }

  /** So that there is a bucket to look at. */
  private static final class Told {
    static void ask(HandLimits hand, String tenant) {
      HandLimits.Told told = hand.ask(tenant);
      if (told.granted != null) {
        told.granted.close();
      }
    }
  }

  @Test
  @Rule(
      value = "What a relay ended is counted once: by itself, or by the sums, at every moment",
      source = "docs/LIMITS.md")
  void everyCallIsCountedOnceAtEveryMoment() throws Exception {
    for (int seed = 0; seed < 2_000; seed++) {
      stored.clear();
      Random random = new Random(seed);
      HandLimits hand =
          new HandLimits(
              "limit.a.budget",
              "1G tokens/day",
              "limit.a.per",
              "tenant",
              "limit.b.budget",
              "1M USD/month",
              "limit.b.per",
              "tenant");
      List<UsageRecord> waiting = new ArrayList<>();
      Map<String, Long> ended = new HashMap<>();
      BudgetLedger.Question asked = null;
      List<Sum> tokens = List.of();
      List<Sum> money = List.of();
      for (int step = 0; step < 60; step++) {
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            String tenant = "t-" + random.nextInt(3);
            long total = random.nextInt(1_000);
            UsageRecord call = hand.call(tenant, total);
            hand.budgets.ended(call);
            waiting.add(call);
            ended.merge(tenant, total, Long::sum);
          }
          case 2 -> { // a batch is committed
            int size = random.nextInt(waiting.size() + 1);
            for (UsageRecord call : waiting.subList(0, size)) {
              stored.merge(call.call().tenant(), call.usage().tokens().total(), Long::sum);
              hand.budgets.stored(call);
            }
            waiting.subList(0, size).clear();
          }
          case 3 -> { // a question, of which nothing may come
            asked = hand.budgets.question();
            asked.snapshot();
            tokens = sums(false);
            money = sums(true);
          }
          default -> {
            if (asked != null) {
              answer(asked, tokens, money);
              asked = null;
            }
          }
        }
        for (String tenant : ended.keySet()) {
          double known = ended.get(tenant);
          assertEquals(known, spent(hand, tenant, "a"), 0, "seed " + seed + " step " + step);
          assertEquals(known / 1_000, spent(hand, tenant, "b"), 1e-9, "seed " + seed);
        }
      }
    }
  }

  @Test
  void aBucketCountsWhomItsBudgetRefusesAndNobodyWhoIsOnlyWarned() throws Exception {
    HandLimits hand = new HandLimits("limit.a.budget", "1k tokens/day");
    HandLimits trial =
        new HandLimits("limit.a.budget", "1k tokens/day", "limit.a.on-budget", "warn");
    for (HandLimits one : List.of(hand, trial)) {
      refresh(one);
      one.budgets.ended(one.call("t", 1_000L));
      one.ask("t");
      one.ask("t");
    }
    assertEquals(2, hand.held().refused());
    assertFalse(hand.held().budget().warns());
    assertEquals("tokens", hand.held().budget().unit());
    assertEquals(0, trial.held().refused());
    assertTrue(trial.held().budget().warns());
  }

  @Test
  void aSpentBudgetRefusesUntilItsPeriodEnds() throws Exception {
    HandLimits hand = new HandLimits("limit.a.budget", "1k tokens/day", "limit.a.per", "tenant");
    refresh(hand);
    hand.budgets.ended(hand.call("t", 999L));
    assertNotNull(hand.ask("t").granted);
    hand.budgets.ended(hand.call("t", 1L));
    Denial why = hand.ask("t").why;
    assertEquals(Refusal.BUDGET, why.why());
    assertTrue(why.lasting());
    assertEquals(Duration.ofHours(12).toSeconds(), why.retryAfterSeconds());
    assertNotNull(hand.ask("other").granted);
    hand.pass(Duration.ofHours(12).toMillis());
    assertNotNull(hand.ask("t").granted, "another day has begun");
  }

  @Test
  void aCallBelongsToThePeriodInWhichItBegan() throws Exception {
    HandLimits hand = new HandLimits("limit.a.budget", "1k tokens/day");
    UsageRecord late = hand.call("t", 5_000L);
    hand.pass(Duration.ofHours(12).toMillis());
    hand.budgets.ended(late);
    assertNotNull(hand.ask("t").granted);
    hand.budgets.stored(late);
    hand.budgets.ended(hand.call("t", 1_000L));
    assertEquals(Refusal.BUDGET, hand.ask("t").why.why());
  }

  @Test
  void whatOtherRelaysSpentCountsWithTheNextAnswer() throws Exception {
    HandLimits hand = new HandLimits("limit.a.budget", "1 USD/week", "limit.a.match", "tenant:t*");
    stored.put("t-1", 400L);
    stored.put("t-2", 600L);
    stored.put("other", 1_000_000L);
    assertNotNull(hand.ask("t-3").granted);
    refresh(hand);
    assertEquals(Refusal.BUDGET, hand.ask("t-3").why.why());
    stored.put("t-2", 0L); // a price was corrected
    refresh(hand);
    assertNotNull(hand.ask("t-3").granted);
  }

  @Test
  void beyondABudgetThatOnlyWarnsCallsAreTold() throws Exception {
    HandLimits hand = new HandLimits("limit.a.budget", "1 tokens/day", "limit.a.on-budget", "warn");
    hand.budgets.ended(hand.call("t", 5L));
    assertEquals("a;budget", hand.ask("t").granted.warning());
  }

  @Test
  void whileNobodyAnswersTheLastWordHoldsOrAllAreRefused() throws Exception {
    for (String away : List.of("serve", "refuse")) {
      HandLimits hand =
          new HandLimits(
              "limit.a.budget", "1k tokens/day", "budget.store-away", away, "budget.refresh", "1s");
      refresh(hand);
      hand.pass(2_900);
      assertNotNull(hand.ask("t").granted);
      hand.pass(200);
      Denial why = hand.ask("t").why;
      assertEquals(
          away.equals("serve") ? null : Refusal.BUDGET_UNKNOWN, why == null ? null : why.why());
      refresh(hand);
      assertNull(hand.ask("t").why);
      hand.pass(60_000);
      hand.budgets.ended(hand.call("t", 1_000L));
      assertEquals(Refusal.BUDGET, hand.ask("t").why.why(), "its own sums go on");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "DAY, UTC, 2026-03-10T23:59:59Z, 2026-03-10T00:00:00Z, 2026-03-11T00:00:00Z",
    "DAY, Europe/Berlin, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "DAY, Europe/Berlin, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    "DAY, Asia/Kolkata, 2026-03-10T18:29:59Z, 2026-03-09T18:30:00Z, 2026-03-10T18:30:00Z",
    "WEEK, UTC, 2026-03-15T23:00:00Z, 2026-03-09T00:00:00Z, 2026-03-16T00:00:00Z",
    "WEEK, America/New_York, 2026-03-09T03:59:00Z, 2026-03-02T05:00:00Z, 2026-03-09T04:00:00Z",
    "MONTH, UTC, 2028-02-29T01:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "MONTH, America/Santiago, 2026-04-10T00:00:00Z, 2026-04-01T03:00:00Z, 2026-05-01T04:00:00Z"
  })
  @Rule(
      value = "A period begins at midnight of its zone, however long the clocks make it",
      source = "conf budget.zone")
  void aPeriodIsOneOfItsZonesCalendar(
      Period kind, String zone, Instant at, Instant from, Instant to) {
    assertEquals(new BudgetPeriod(from, to), BudgetPeriod.of(kind, ZoneId.of(zone), at));
  }
}
