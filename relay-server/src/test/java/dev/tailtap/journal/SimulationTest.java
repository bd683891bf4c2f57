package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lives of a journal, each drawn from a seed. {@code -Dtailtap.seeds=10000} says how many, {@code
 * -Dtailtap.seed=N} asks for one.
 */
final class SimulationTest {
  /** Seeds that once found something. */
  private static final long[] KEPT = {1008, 1014, 2379};

  private final Stats stats = new Stats();

  @Test
  void keepsItsPromisesInEveryLife() {
    Long one = Long.getLong("tailtap.seed");
    long count = Long.getLong("tailtap.seeds", 1_000);
    live(seeds(one, LongStream.concat(LongStream.of(KEPT), range(count))), false);
    for (String op :
        one == null ? List.of("write", "force", "create", "delete") : List.<String>of()) {
      assertTrue(stats.value(Metric.JOURNAL_ERRORS, op) > 0, op + " never failed");
    }
  }

  @Test
  void aSoundDiskKeepsTheBeginningOfACallAsLongAsItsEnd() {
    live(seeds(Long.getLong("tailtap.seed"), range(Long.getLong("tailtap.seeds", 1_000))), true);
  }

  @Test
  void tellsNothingDurableWhileItsDirectoryIsGoneAndWritesAllAgainWhenItIsBack() {
    for (long seed : range(Long.getLong("tailtap.seeds", 1_000)).toArray()) {
      Throwable broken = live(seed, Fault.NONE, false, true);
      if (broken != null) {
        fail("seed " + seed + ": " + broken.getMessage(), broken);
      }
    }
    assertTrue(stats.value(Metric.JOURNAL_ERRORS, "verify") > 0, "it was never gone");
  }

  /** A simulation that finds nothing in broken code proves nothing about code that works. */
  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void noticesEachFaultThatIsBuiltIn(Fault fault) {
    Throwable noticed = null;
    for (long seed = 1; noticed == null && seed <= 100; seed++) {
      noticed = live(seed, fault, false);
    }
    assertNotNull(noticed, fault + " went unnoticed");
  }

  private static LongStream seeds(Long one, LongStream many) {
    return one == null ? many : LongStream.of(one);
  }

  private static LongStream range(long count) {
    return LongStream.range(1_000, 1_000 + count);
  }

  private void live(LongStream seeds, boolean soundDisk) {
    seeds.forEach(
        seed -> {
          Throwable broken = live(seed, Fault.NONE, soundDisk);
          if (broken != null) {
            fail("seed " + seed + ": " + broken.getMessage(), broken);
          }
        });
  }

  private Throwable live(long seed, Fault fault, boolean soundDisk) {
    return live(seed, fault, soundDisk, false);
  }

  private Throwable live(long seed, Fault fault, boolean soundDisk, boolean removable) {
    try {
      new Simulation(seed, fault, soundDisk, removable, stats).run();
      return null;
    } catch (AssertionError | RuntimeException broken) {
      return broken;
    }
  }
}
