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
    health.noteUsageOptionRefused("a");
    health.noteUsageOptionRefused(null);
    assertFalse(health.acceptsUsageOption("a"));
    assertFalse(health.acceptsUsageOption(null));
    assertTrue(health.acceptsUsageOption("b"));
    now = TimeUnit.HOURS.toNanos(1) - 1;
    assertFalse(health.acceptsUsageOption("a"));
    now++;
    assertTrue(health.acceptsUsageOption("a"));
  }

  @Test
  void remembersNoMoreThan64ModelsAndNewOnesOnceTheOldAreOver() {
    for (int i = 0; i < 64; i++) {
      health.noteUsageOptionRefused("model-" + i);
    }
    health.noteUsageOptionRefused("one more");
    assertTrue(health.acceptsUsageOption("one more"));
    now = TimeUnit.HOURS.toNanos(1);
    health.noteUsageOptionRefused("one more");
    assertFalse(health.acceptsUsageOption("one more"));
  }
}
