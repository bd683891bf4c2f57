package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.fail;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.rig.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Lives of a fleet of relays that share limits, each drawn from a seed. {@code
 * -Dtailtap.seeds=10000} says how many, {@code -Dtailtap.seed=N} asks for one.
 */
final class FleetSimulationTest {
  @Test
  @Rule(
      value = "What several relays let in is within their limits, whatever fails at any point",
      source = "docs/LIMITS.md")
  void keepsItsLimitsInEveryLife() throws Exception {
    LimitsConfig own = wide();
    Long one = Long.getLong("tailtap.seed");
    long count = Long.getLong("tailtap.seeds", 2_000);
    (one == null ? LongStream.range(1, 1 + count) : LongStream.of(one))
        .forEach(seed -> live(seed, own));
  }

  private static void live(long seed, LimitsConfig own) {
    String broken = outcome(seed, own, null);
    if (broken != null) {
      List<String> story = new ArrayList<>();
      String again = outcome(seed, own, story);
      List<String> last = story.subList(Math.max(0, story.size() - 400), story.size());
      fail(
          "seed %d: %s, told again: %s%n%s"
              .formatted(seed, broken, again, String.join("\n", last)));
    }
  }

  private static String outcome(long seed, LimitsConfig own, List<String> story) {
    try {
      return new FleetSimulation(seed, own, story).run();
    } catch (AssertionError | RuntimeException thrown) {
      java.io.StringWriter text = new java.io.StringWriter();
      thrown.printStackTrace(new java.io.PrintWriter(text));
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
