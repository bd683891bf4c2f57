package dev.tailtap.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The one timer of an event loop. Connections and exchanges note the coarse time when something
 * moves; a sweep a few times a second finds those that stood still too long. No timer per stream,
 * no look at the clock per event. How late a sweep comes tells how long the loop was held up. Event
 * loop only, except where stated.
 */
public final class LoopSweep {
  /** How often it is to be run. */
  public static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final long SHED_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int SWEEPS_IN_A_MINUTE = 240;

  private final List<Sweepable> swept = new ArrayList<>();
  private long nowNanos;
  private int sweeps; // of this minute
  private volatile long latest; // of this minute's sweeps, by the loop alone
  private volatile long latestBefore; // the same of the minute before

  /** Has nothing to look at yet. */
  public LoopSweep(long nowNanos) {
    this.nowNanos = nowNanos;
  }

  /** The time of the last sweep: good enough for deadlines of seconds. */
  public long nowNanos() {
    return nowNanos;
  }

  /** From now on it is looked at, until it says that it is over. */
  public void add(Sweepable each) {
    swept.add(each);
  }

  /** Looks at all; called by the loop's timer, or by a test with a time of its own. */
  public void run(long now) {
    noteLateness(now - nowNanos - PERIOD_NANOS);
    nowNanos = now;
    for (int i = swept.size() - 1; i >= 0; i--) {
      if (!swept.get(i).sweep(now)) {
        Sweepable last = swept.remove(swept.size() - 1);
        if (i < swept.size()) {
          swept.set(i, last);
        }
      }
    }
  }

  /** By how much the latest sweep of this minute and the one before came too late. Any thread. */
  public long longestStallNanos() {
    return Math.max(latest, latestBefore);
  }

  private void noteLateness(long nanos) {
    if (nanos > latest) {
      latest = nanos;
    }
    if (++sweeps == SWEEPS_IN_A_MINUTE) {
      sweeps = 0;
      latestBefore = latest;
      latest = 0;
    }
  }

  /**
   * Ends idle connections, so that others can be accepted: those that have been idle for half a
   * second. One that was just made is about to ask.
   *
   * @param most how many
   */
  public void shed(int most) {
    List<Sweepable> ended = new ArrayList<>();
    for (Sweepable each : swept) {
      if (ended.size() < most && each.idleNanos(nowNanos) >= SHED_NANOS) {
        ended.add(each);
      }
    }
    ended.forEach(each -> each.shutdown(false));
  }

  /** The relay stops: tells all, in no order. */
  public void shutdown(boolean now) {
    Consumer<Sweepable> end = each -> each.shutdown(now);
    List.copyOf(swept).forEach(end);
  }
}
