package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tailtap.upstream.Availability.Claim;
import dev.tailtap.upstream.Availability.State;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be asked, by a clock that is driven by hand; it begins far from zero, and wraps. */
class AvailabilityTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long START = Long.MAX_VALUE - 3 * SECOND;

  private long now = START;
  private double chance = 0.5; // no jitter
  private final Availability availability = new Availability(() -> now, () -> chance);

  @Test
  void isOutAfterFiveFailuresInARowForTenSeconds() {
    fail(4);
    assertEquals(State.OK, availability.state());
    assertNull(availability.reason());
    fail(1);
    assertEquals(State.OUT, availability.state());
    assertEquals("failures", availability.reason());
    assertEquals(START + 10 * SECOND, availability.untilNanos());
    assertEquals(START, availability.sinceNanos());
    pass(10 * SECOND - 1);
    assertEquals(Claim.NO, claim());
    pass(1);
    assertEquals(Claim.PROBE, claim());
  }

  @Test
  void aSuccessBetweenThemBeginsTheRowAnew() {
    fail(4);
    assertEquals(Claim.YES, claim());
    availability.succeeded(false);
    fail(4);
    assertEquals(State.OK, availability.state());
  }

  @Test
  void isOutForLongerEachTimeUpToFiveMinutes() {
    fail(5);
    for (int times = 1; times < 40; times++) {
      long seconds = Math.min(10 * times, 300);
      assertEquals(now + seconds * SECOND, availability.untilNanos(), "time " + times);
      pass(seconds * SECOND);
      assertEquals(Claim.PROBE, claim());
      availability.failed(true);
    }
    assertEquals(START, availability.sinceNanos());
    pass(300 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.succeeded(true);
    assertEquals(State.OK, availability.state());
    fail(5);
    assertEquals(now + 10 * SECOND, availability.untilNanos());
  }

  @Test
  void theTimeOutIsATenthLongerOrShorter() {
    chance = 0;
    fail(5);
    assertEquals(START + 9 * SECOND, availability.untilNanos());
    pass(9 * SECOND);
    assertEquals(Claim.PROBE, claim());
    chance = 1;
    availability.failed(true);
    assertEquals(now + 22 * SECOND, availability.untilNanos());
  }

  @Test
  void whatWasUnderWaySaysNothingOfOneThatIsOut() {
    fail(5);
    long until = availability.untilNanos();
    fail(20);
    availability.succeeded(false);
    assertEquals(until, availability.untilNanos());
    assertEquals(State.OUT, availability.state());
    pass(10 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.failed(false);
    availability.succeeded(false);
    assertEquals(Claim.NO, claim());
    availability.succeeded(true);
    assertEquals(Claim.YES, claim());
  }

  @ParameterizedTest
  @ValueSource(strings = {"succeeded", "failed", "park", "parkWithBackoff", "neutral"})
  void everyEndingGivesTheProbeSlotBack(String ending) {
    fail(5);
    pass(10 * SECOND);
    assertEquals(Claim.PROBE, claim());
    assertEquals(Claim.NO, claim());
    assertEquals(Claim.NO, availability.usable(now));
    end(ending);
    pass(400 * SECOND);
    assertEquals(ending.equals("succeeded") ? Claim.YES : Claim.PROBE, claim());
  }

  @Test
  void toLookIsNotToClaim() {
    assertEquals(Claim.YES, availability.usable(now));
    availability.park(false, now + SECOND, "429");
    assertEquals(Claim.NO, availability.usable(now));
    pass(SECOND);
    assertEquals(Claim.PROBE, availability.usable(now));
    assertEquals(Claim.PROBE, availability.usable(now));
    assertEquals(Claim.PROBE, claim());
    assertEquals(Claim.NO, availability.usable(now));
  }

  @Test
  void anEndingThatSaysNothingLetsTheNextOneProbe() {
    fail(5);
    pass(10 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.neutral(true);
    assertEquals(Claim.PROBE, claim());
    availability.neutral(true);
    availability.neutral(false);
    assertEquals(State.OUT, availability.state());
  }

  @Test
  void isParkedUntilTheLatestThatWasSaid() {
    availability.park(false, now + 60 * SECOND, "429");
    pass(SECOND);
    availability.park(false, START + 30 * SECOND, "401");
    assertEquals(START + 60 * SECOND, availability.untilNanos());
    assertEquals("429", availability.reason());
    availability.park(false, START + 90 * SECOND, "402");
    assertEquals("402", availability.reason());
    assertEquals(START, availability.sinceNanos());
    pass(89 * SECOND - 1);
    assertEquals(Claim.NO, claim());
    pass(1);
    assertEquals(Claim.PROBE, claim());
    assertEquals(State.PARKED, availability.state());
    availability.succeeded(true);
    assertEquals(State.OK, availability.state());
  }

  @Test
  void parkingIsNeitherAFailureNorASuccess() {
    fail(4);
    availability.park(false, now + SECOND, "429");
    assertEquals(State.PARKED, availability.state());
    fail(1);
    assertEquals(State.OUT, availability.state());
    assertEquals("failures", availability.reason());
    pass(10 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.park(true, now + 60 * SECOND, "429");
    assertEquals(State.OUT, availability.state());
    assertEquals(now + 60 * SECOND, availability.untilNanos());
    pass(60 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.failed(true);
    assertEquals(now + 20 * SECOND, availability.untilNanos());
  }

  @Test
  void aProbeDoesNotUndoWhatAnotherRequestLearnedMeanwhile() {
    availability.park(false, now + SECOND, "429");
    pass(SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.park(false, now + 60 * SECOND, "429");
    availability.succeeded(true);
    assertEquals(State.PARKED, availability.state());
    assertEquals(now + 60 * SECOND, availability.untilNanos());
    pass(60 * SECOND);
    assertEquals(Claim.PROBE, claim());
  }

  @Test
  void waitsTwiceAsLongAfterEachRefusalThatNamesNoTime() {
    availability.parkWithBackoff(false, "429");
    for (long seconds : List.of(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L)) {
      assertEquals(now + seconds * SECOND, availability.untilNanos());
      availability.parkWithBackoff(false, "429"); // was under way, and adds nothing
      assertEquals(now + seconds * SECOND, availability.untilNanos());
      pass(seconds * SECOND);
      assertEquals(Claim.PROBE, claim());
      availability.parkWithBackoff(true, "429");
    }
    pass(300 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.succeeded(true);
    availability.parkWithBackoff(false, "429");
    assertEquals(now + 5 * SECOND, availability.untilNanos());
  }

  @Test
  void whoHasNothingElseToAskMayProbeEarly() {
    assertEquals(Claim.YES, availability.insist());
    fail(5);
    assertEquals(Claim.PROBE, availability.insist());
    assertEquals(Claim.YES, availability.insist());
    availability.failed(false);
    availability.succeeded(true);
    assertEquals(State.OK, availability.state());
  }

  @Test
  void whoProbesEarlyAndFailsMakesItNoLonger() {
    fail(5);
    long until = availability.untilNanos();
    for (int i = 0; i < 10; i++) {
      assertEquals(Claim.PROBE, availability.insist());
      availability.failed(true);
    }
    assertEquals(until, availability.untilNanos());
  }

  @Test
  void aProbeEndsOnce() {
    fail(5);
    pass(10 * SECOND);
    assertEquals(Claim.PROBE, claim());
    availability.neutral(true);
    assertThrows(AssertionError.class, () -> availability.neutral(true));
  }

  private Claim claim() {
    return availability.claim(now);
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      availability.failed(false);
    }
  }

  private void end(String ending) {
    switch (ending) {
      case "succeeded" -> availability.succeeded(true);
      case "failed" -> availability.failed(true);
      case "park" -> availability.park(true, now + SECOND, "429");
      case "parkWithBackoff" -> availability.parkWithBackoff(true, "429");
      default -> availability.neutral(true);
    }
  }

  private void pass(long nanos) {
    now += nanos;
  }
}
