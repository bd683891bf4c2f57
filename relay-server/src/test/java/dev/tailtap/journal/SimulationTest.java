package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tailtap.journal.Simulation.Besides;
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

  /** Of each kind in a build; a fault that is built in is found within a hundred. */
  private static final long LIVES = 500;

  private final Stats stats = new Stats();

  @Test
  void keepsItsPromisesInEveryLife() {
    Long one = Long.getLong("tailtap.seed");
    long count = Long.getLong("tailtap.seeds", LIVES);
    live(seeds(one, LongStream.concat(LongStream.of(KEPT), range(count))), Besides.NOTHING);
    for (String op :
        one == null ? List.of("write", "force", "create", "delete") : List.<String>of()) {
      assertTrue(stats.value(Metric.JOURNAL_ERRORS, op) > 0, op + " never failed");
    }
  }

  @Test
  void aSoundDiskKeepsTheBeginningOfACallAsLongAsItsEnd() {
    live(seeds(Long.getLong("tailtap.seed"), lives()), Besides.SOUND_DISK);
  }

  @ParameterizedTest
  @EnumSource(names = {"BEGINNINGS", "BEGINNINGS_ON_SOUND_DISK"})
  void ofACallThatBeganAnewTheLastBeginningCounts(Besides besides) {
    live(seeds(Long.getLong("tailtap.seed"), lives()), besides);
  }

  @ParameterizedTest
  @EnumSource(names = {"STAGING", "STAGING_ON_SOUND_DISK"})
  void whatWasStagedOutlivesAKillAndCountsOnce(Besides besides) {
    live(seeds(Long.getLong("tailtap.seed"), lives()), besides);
  }

  @Test
  void tellsNothingDurableWhileItsDirectoryIsGoneAndWritesAllAgainWhenItIsBack() {
    live(lives(), Besides.REMOVALS);
    assertTrue(stats.value(Metric.JOURNAL_ERRORS, "verify") > 0, "it was never gone");
  }

  /** A simulation that finds nothing in broken code proves nothing about code that works. */
  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void noticesEachFaultThatIsBuiltIn(Fault fault) {
    Throwable noticed = null;
    for (long seed = 1; noticed == null && seed <= 100; seed++) {
      noticed = live(seed, fault, Besides.STAGING);
    }
    assertNotNull(noticed, fault + " went unnoticed");
  }

  private static LongStream seeds(Long one, LongStream many) {
    return one == null ? many : LongStream.of(one);
  }

  private static LongStream lives() {
    return range(Long.getLong("tailtap.seeds", LIVES));
  }

  private static LongStream range(long count) {
    return LongStream.range(1_000, 1_000 + count);
  }

  private void live(LongStream seeds, Besides besides) {
    seeds.forEach(
        seed -> {
          Throwable broken = live(seed, Fault.NONE, besides);
          if (broken != null) {
            fail("seed " + seed + ": " + broken.getMessage(), broken);
          }
        });
  }

  private Throwable live(long seed, Fault fault, Besides besides) {
    try {
      new Simulation(seed, fault, besides, stats).run();
      return null;
    } catch (AssertionError | RuntimeException broken) {
      return broken;
    }
  }
}
