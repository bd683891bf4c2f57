package dev.tailtap.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Stats;
import io.netty.channel.EventLoopGroup;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class StallProbeTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final StallLedger stalls = new StallLedger();

  @Test
  void blamesALoopForWhatItAloneWasLateBy() {
    stalls.control(10 * MILLI, 10 * MILLI);
    stalls.loop(10 * MILLI, 110 * MILLI, 0);
    stalls.control(112 * MILLI, 112 * MILLI);
    assertEquals(100 * MILLI, stalls.takeLongest());
    assertEquals(100 * MILLI, stalls.takeExcess());
    assertEquals(0, stalls.takeControl());
  }

  @Test
  void excusesALoopForAsLongAsTheControlThreadWasLateToo() {
    stalls.control(0, 5 * MILLI); // before it, and no excuse
    stalls.control(12 * MILLI, 40 * MILLI);
    stalls.control(42 * MILLI, 90 * MILLI);
    stalls.loop(10 * MILLI, 110 * MILLI, 0);
    stalls.control(92 * MILLI, 111 * MILLI);
    assertEquals(100 * MILLI, stalls.takeLongest());
    assertEquals(48 * MILLI, stalls.takeControl());
    assertEquals((100 - 28 - 48 - 18) * MILLI, stalls.takeExcess());
  }

  @Test
  void tellsALoopThatWaitedForAProcessorFromOneThatWasHeldUp() {
    stalls.loop(10 * MILLI, 110 * MILLI, 70 * MILLI);
    stalls.control(92 * MILLI, 112 * MILLI);
    assertEquals(82 * MILLI, stalls.takeExcess());
    assertEquals(30 * MILLI, stalls.takeOwn());
  }

  @Test
  void forgetsWhatWasRead() {
    stalls.loop(0, 100 * MILLI, 0);
    stalls.control(0, 50 * MILLI);
    assertEquals(50 * MILLI, stalls.takeExcess());
    assertEquals(50 * MILLI, stalls.takeControl());
    assertEquals(0, stalls.takeExcess() + stalls.takeControl());
    assertEquals(100 * MILLI, stalls.takeLongest());
    assertEquals(0, stalls.takeLongest());
  }

  @Test
  void findsALoopThatIsBlockedForATenthOfASecond() throws Exception {
    EventLoopGroup loops = Transport.NIO.startLoops(2);
    Stats stats = new Stats();
    StallProbe probe = new StallProbe(loops, Duration.ofMillis(2), stats);
    try {
      double found = 0;
      long deadline = System.nanoTime() + Patience.NANOS;
      // A machine that holds up the whole process at that moment excuses the loop: again, then.
      while (found < 0.09 && System.nanoTime() < deadline) {
        loops.next().submit(() -> block(100)).await();
        loops.next().submit(() -> block(10)).await();
        found = read(stats).orElseThrow();
      }
      assertTrue(found >= 0.09, "found " + found + " s");
    } finally {
      probe.close();
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
    }
  }

  @Test
  void measuresNothingUnlessAsked() throws Exception {
    EventLoopGroup loops = Transport.NIO.startLoops(1);
    Stats stats = new Stats();
    StallProbe probe = new StallProbe(loops, Duration.ZERO, stats);
    try {
      assertEquals(OptionalDouble.empty(), read(stats));
    } finally {
      probe.close();
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
    }
  }

  private static void block(long millis) {
    long deadline = System.nanoTime() + millis * MILLI;
    while (System.nanoTime() < deadline) {
      LockSupport.parkNanos(deadline - System.nanoTime());
    }
  }

  private static OptionalDouble read(Stats stats) {
    return stats.scrape().stream()
        .filter(metric -> metric.getMetadata().getName().endsWith("loop_probe_own_seconds_max"))
        .flatMapToDouble(
            metric ->
                ((GaugeSnapshot) metric)
                    .getDataPoints().stream()
                        .mapToDouble(GaugeSnapshot.GaugeDataPointSnapshot::getValue))
        .findFirst();
  }
}
