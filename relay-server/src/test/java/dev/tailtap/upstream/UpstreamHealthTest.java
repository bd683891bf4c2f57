package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is remembered of an upstream, and for how long, by a clock of its own. */
class UpstreamHealthTest {
  private long now;
  private final UpstreamHealth health = new UpstreamHealth(() -> now, () -> 0.5);

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

  @Test
  void aKeyThatIsConfiguredAnewWithTheSameValueStaysAsAvailableAsItWas() {
    List<UpstreamKey> pool = health.keys(Map.of("a", "1"), true);
    pool.get(0).availability().park(false, 5, "429");
    Map<String, String> values = new LinkedHashMap<>();
    values.put("b", "1");
    values.put("a", "1");
    List<UpstreamKey> next = health.keys(values, true);
    assertEquals(List.of("b", "a"), next.stream().map(UpstreamKey::label).toList());
    assertEquals(Availability.State.OK, next.get(0).availability().state());
    assertSame(pool.get(0).availability(), next.get(1).availability());
    assertNotSame(
        pool.get(0).availability(), health.keys(Map.of("a", "2"), true).get(0).availability());
    assertNotSame(
        pool.get(0).availability(), health.keys(Map.of("a", "1"), true).get(0).availability());
  }

  @Test
  void withoutAPoolThereIsOneThatStandsForWhatClientsShow() {
    List<UpstreamKey> pool = health.keys(Map.of(), true);
    assertEquals(1, pool.size());
    assertNull(pool.get(0).label());
    assertSame(pool.get(0).availability(), health.keys(Map.of(), true).get(0).availability());
  }

  @Test
  void nothingShowsTheValueOfAKey() {
    UpstreamKey key = health.keys(Map.of("a", "s3cret"), true).get(0);
    assertEquals("a", key.toString());
  }
}
