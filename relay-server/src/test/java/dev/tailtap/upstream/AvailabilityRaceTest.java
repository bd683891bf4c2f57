package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.upstream.Availability.Claim;
import dev.tailtap.upstream.Availability.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads at one {@link Availability}: the loops of a relay. */
@Timeout(60)
class AvailabilityRaceTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int THREADS = 16;
  private static final int WINDOWS = 2_000;

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger probing = new AtomicInteger();
  private final AtomicInteger probes = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final Availability availability = new Availability(now::get, () -> 0.5);
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** Each window all claim at once, some of them late; the one that probes is refused again. */
  @Test
  void asksOnceInAWindow() throws Exception {
    availability.park(false, SECOND, "429");
    CyclicBarrier window =
        new CyclicBarrier(
            THREADS,
            () -> {
              assertEquals(0, probing.get());
              assertEquals(now.get() / SECOND, probes.get());
              now.addAndGet(SECOND);
            });
    together(
        random -> {
          for (int i = 0; i < WINDOWS; i++) {
            window.await();
            for (int j = 0; j < 3; j++) {
              Claim claim = availability.claim(now.get());
              assertTrue(claim != Claim.YES);
              if (claim == Claim.PROBE) {
                began();
                ended();
                availability.park(true, now.get() + SECOND, "429");
              } else if (random.nextInt(8) == 0) {
                availability.succeeded(false);
                availability.neutral(false);
              }
            }
          }
        });
    assertEquals(WINDOWS, probes.get());
    assertEquals(1, most.get());
  }

  /**
   * Every ending, at random, while time goes on: never two probes, and never a slot that is lost.
   */
  @Test
  void noEndingLeaksTheSlotOrLetsTwoProbe() throws Exception {
    together(
        random -> {
          for (int i = 0; i < 20_000; i++) {
            now.addAndGet(random.nextInt(4) * SECOND);
            Claim claim =
                random.nextInt(50) == 0 ? availability.insist() : availability.claim(now.get());
            if (claim == Claim.NO) {
              continue;
            }
            boolean probe = claim == Claim.PROBE;
            if (probe) {
              began();
              ended();
            }
            end(random.nextInt(8), probe);
          }
        });
    assertEquals(1, most.get());
    now.addAndGet(TimeUnit.DAYS.toNanos(1));
    Claim claim = availability.claim(now.get());
    assertTrue(claim != Claim.NO, "the slot is lost");
    if (claim == Claim.PROBE) {
      availability.succeeded(true);
    }
    assertEquals(State.OK, availability.state());
    assertTrue(probes.get() > 100, "probes: " + probes.get());
  }

  private void end(int ending, boolean probe) {
    switch (ending) {
      case 0 -> availability.succeeded(probe);
      case 1 -> availability.park(probe, now.get() + 7 * SECOND, "429");
      case 2 -> availability.parkWithBackoff(probe, "429");
      case 3 -> availability.neutral(probe);
      default -> availability.failed(probe);
    }
  }

  private void began() {
    probes.incrementAndGet();
    most.accumulateAndGet(probing.incrementAndGet(), Math::max);
  }

  private void ended() {
    for (int i = 0; i < 100; i++) {
      Thread.onSpinWait(); // others have the time to claim
    }
    probing.decrementAndGet();
  }

  private void together(Life life) throws Exception {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(i);
      all.add(
          threads.submit(
              () -> {
                life.live(random);
                return null;
              }));
    }
    for (Future<?> one : all) {
      one.get();
    }
  }

  /** What one thread does. */
  @FunctionalInterface
  private interface Life {
    void live(Random random) throws InterruptedException, BrokenBarrierException;
  }
}
