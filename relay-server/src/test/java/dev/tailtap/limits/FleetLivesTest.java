package dev.tailtap.limits;

import dev.tailtap.rig.Lengthy;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Thousands of the lives, and some of the hours, of {@link FleetSimulationTest}. */
@Lengthy
@ExtendWith(QuietCounters.class)
final class FleetLivesTest {
  private static final int LIVES = 4_000;

  @Test
  void keepsItsPromisesInThousandsOfLives() throws Exception {
    FleetSimulationTest.live(LongStream.rangeClosed(FleetSimulationTest.LIVES + 1L, LIVES));
  }

  @Test
  void usesItsLimitUpWhateverTheSeed() throws Exception {
    FleetSimulationTest.load(LongStream.rangeClosed(2, 10));
  }
}
