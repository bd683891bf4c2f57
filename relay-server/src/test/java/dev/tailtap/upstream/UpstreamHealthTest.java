package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is remembered of an upstream, and for how long, by a clock of its own. */
class UpstreamHealthTest {
  private long now;
  private final UpstreamHealth health = new UpstreamHealth(() -> now);

  @Test
  void remembersForAnHourAndOfOneModelWhatItRefused() {
    health.refusesQuestions("a");
    health.refusesQuestions(null);
    assertFalse(health.takesQuestions("a"));
    assertFalse(health.takesQuestions(null));
    assertTrue(health.takesQuestions("b"));
    now = TimeUnit.HOURS.toNanos(1) - 1;
    assertFalse(health.takesQuestions("a"));
    now++;
    assertTrue(health.takesQuestions("a"));
  }

  @Test
  void remembersNoMoreThan64ModelsAndNewOnesOnceTheOldAreOver() {
    for (int i = 0; i < 64; i++) {
      health.refusesQuestions("model-" + i);
    }
    health.refusesQuestions("one more");
    assertTrue(health.takesQuestions("one more"));
    now = TimeUnit.HOURS.toNanos(1);
    health.refusesQuestions("one more");
    assertFalse(health.takesQuestions("one more"));
  }
}
