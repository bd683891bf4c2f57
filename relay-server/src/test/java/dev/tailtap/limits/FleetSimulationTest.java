package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.rig.Rule;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Lives of a fleet of relays that share limits, each drawn from a seed. {@code
 * -Dtailtap.seeds=10000} says how many, {@code -Dtailtap.seed=N} asks for one; {@link
 * FleetLivesTest} lives thousands.
 */
@ExtendWith(QuietCounters.class)
final class FleetSimulationTest {
  static final int LIVES = 250;

  /** What some hundred lives must have seen. */
  private static final List<String> SEEN =
      List.of(
          "ask admitted",
          "ask refused",
          "ask timeout",
          "ask error",
          "ask down",
          "end not told",
          "commit not answered",
          "budget spent",
          "relay died",
          "row lost",
          "let in by itself");

  @Test
  @Rule(
      value = "What several relays let in is within their limits, whatever fails at any point",
      source = "docs/LIMITS.md")
  void keepsItsPromisesInEveryLife() throws Exception {
    Long one = Long.getLong("tailtap.seed");
    LongStream seeds =
        one == null
            ? LongStream.rangeClosed(1, Long.getLong("tailtap.seeds", LIVES))
            : LongStream.of(one);
    Map<String, Long> seen = live(seeds);
    if (one == null) {
      SEEN.forEach(what -> assertTrue(seen.getOrDefault(what, 0L) > 0, what + " never came"));
    }
  }

  @Test
  @Rule(
      value = "Over an hour of load what several relays admit is the limit, within one percent",
      source = "docs/LIMITS.md")
  void overAnHourOfLoadTheFleetUsesItsLimitUp() throws Exception {
    load(LongStream.of(1));
  }

  /** Hours of load, each of a seed. */
  static void load(LongStream seeds) throws Exception {
    LimitsConfig own = wide();
    for (long seed : seeds.toArray()) {
      FleetLoad load = new FleetLoad(seed, own);
      assertNull(load.run(), "seed " + seed);
      assertEquals(1, load.part(), 0.01, "seed " + seed);
    }
  }

  /** Lives, each of a seed; how often what was seen in them. */
  static Map<String, Long> live(LongStream seeds) throws Exception {
    LimitsConfig own = wide();
    Map<String, Long> seen = new HashMap<>();
    seeds.forEach(seed -> live(seed, own, seen));
    return seen;
  }

  private static void live(long seed, LimitsConfig own, Map<String, Long> seen) {
    String broken = outcome(seed, own, null, seen);
    if (broken != null) {
      List<String> story = new ArrayList<>();
      String again = outcome(seed, own, story, new HashMap<>());
      List<String> last = story.subList(Math.max(0, story.size() - 400), story.size());
      fail(
          "seed %d: %s, told again: %s%n%s"
              .formatted(seed, broken, again, String.join("\n", last)));
    }
  }

  private static String outcome(
      long seed, LimitsConfig own, List<String> story, Map<String, Long> seen) {
    try {
      return new FleetSimulation(seed, own, story, seen).run();
    } catch (AssertionError | RuntimeException thrown) {
      StringWriter text = new StringWriter();
      thrown.printStackTrace(new PrintWriter(text));
      return text.toString();
    }
  }

  /** A relay's limits of its own, which nobody reaches. */
  private static LimitsConfig wide() throws Exception {
    return ConfigFile.of(
            Map.of(
                "upstream.u.url", "http://u.test",
                "route.r.path", "/",
                "route.r.upstream", "u",
                "limits.streams", "1000"),
            List.of())
        .limits();
  }
}
