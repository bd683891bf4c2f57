package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is held up while a call's beginning is staged, by a clock that the test moves. */
final class StagingPauseTest {
  private static final Duration LONG = Duration.ofMillis(6);

  private final SimTicker ticker = new SimTicker();
  private final Staging staging =
      new Staging(
          new JournalLimits(1024, 8 * 1024, 1, 600, 16, 24, 8, Duration.ofSeconds(40)), ticker);
  private final FrailFile file = new FrailFile();
  private int calls;

  /** Both clocks, at a standstill unless moved. */
  private static final class SimTicker implements Ticker {
    private long nanos;

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public long wallMillis() {
      return 0;
    }

    private void pass(Duration time) {
      nanos += time.toNanos();
    }
  }

  /** A beginning that takes its time to be put down. */
  private record Slow(SimTicker ticker, Duration time, UUID call) implements Entry {
    @Override
    public boolean closes() {
      return false;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      ticker.pass(time);
      out.putInt(1);
    }

    @Override
    public void acknowledge() {
      throw new AssertionError("nobody waits for what is staged");
    }
  }

  @BeforeEach
  void open() {
    staging.use("usage-0.opens", file);
  }

  @Test
  void goesOnWhileItIsLittleInAnyMinute() {
    for (int minute = 0; minute < 4; minute++) {
      for (int time = 0; time < 3; time++) {
        assertTrue(stages(LONG));
        assertTrue(stages(Duration.ZERO));
      }
      ticker.pass(Duration.ofMinutes(1));
    }
  }

  @Test
  void pausesWhereItIsMuchInAMinute() {
    for (int time = 0; time < 3; time++) {
      assertTrue(stages(LONG));
      ticker.pass(Duration.ofSeconds(10));
    }
    assertTrue(stages(LONG), "what was staged is");
    pausedFor(Duration.ofSeconds(30));
  }

  @Test
  void pausesForLongerEachTimeThatItSoonComesAgain() {
    for (int seconds : new int[] {30, 60, 120, 240, 480, 480}) {
      assertTrue(stages(Duration.ofMillis(21)));
      pausedFor(Duration.ofSeconds(seconds));
    }
    ticker.pass(Duration.ofMinutes(8));
    assertTrue(stages(Duration.ofMillis(21)));
    pausedFor(Duration.ofSeconds(30));
  }

  private void pausedFor(Duration time) {
    assertFalse(staging.isReady());
    assertFalse(stages(Duration.ZERO));
    ticker.pass(time.minusMillis(1));
    assertFalse(stages(Duration.ZERO));
    ticker.pass(Duration.ofMillis(1));
    assertTrue(stages(Duration.ZERO));
    assertTrue(staging.isReady());
  }

  @Test
  void leavesAFileThatFailsToTheJournalsThreadAndWantsAnotherAMinuteLater() {
    Staging.Staged before = staging.stage(new Slow(ticker, Duration.ZERO, new UUID(7, 0)));
    file.failing = true;
    assertFalse(stages(Duration.ZERO));
    assertFalse(staging.isReady());
    ticker.pass(Duration.ofMinutes(1));
    assertNull(staging.leaveFailed(), "a restart would still need it");
    assertFalse(staging.wanted());
    before.acknowledge();
    assertEquals("usage-0.opens", staging.leaveFailed());
    assertNull(staging.leaveFailed());
    assertTrue(staging.wanted());
    staging.use("usage-1.opens", new FrailFile());
    assertTrue(stages(Duration.ZERO));
  }

  private boolean stages(Duration time) {
    Staging.Staged staged = staging.stage(new Slow(ticker, time, new UUID(7, ++calls)));
    if (staged == null) {
      return false;
    }
    assertEquals(calls, staged.call().getLeastSignificantBits());
    staged.acknowledge();
    return true;
  }

  /** Takes all that is written, or nothing. */
  private static final class FrailFile implements JournalFile {
    private boolean failing;

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      if (failing) {
        throw new IOException("Input/output error");
      }
      int count = from.remaining();
      from.position(from.limit());
      return count;
    }

    @Override
    public int read(ByteBuffer into, long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void force(boolean metadata) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long size() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void verify() {
      // It is there.
    }

    @Override
    public void close() {
      // Nobody looks at it again.
    }
  }
}
