package dev.tailtap.rig;

import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * Time that passes when the test says so, and what happens in it: what was planned and the timers
 * of event loops, one after the other and always in the same order.
 */
public final class HandTime {
  private final MockTicker ticker = Ticker.newMockTicker();
  private final List<HandLoop> loops = new ArrayList<>();
  private final List<Runnable> watchers = new ArrayList<>();
  private final PriorityQueue<Plan> plans =
      new PriorityQueue<>(Comparator.comparingLong(Plan::nanos).thenComparingLong(Plan::order));
  private long order;

  private record Plan(long nanos, long order, Runnable what) {}

  /** A loop that lives in this time. */
  public HandLoop loop() {
    HandLoop loop = new HandLoop(ticker);
    loops.add(loop);
    return loop;
  }

  /** Nothing of a loop happens any more. */
  public void stop(HandLoop loop) {
    loops.remove(loop);
  }

  /** Runs something each time that loops have done what they had to. */
  public void watch(Runnable watcher) {
    watchers.add(watcher);
  }

  public void unwatch(Runnable watcher) {
    watchers.remove(watcher);
  }

  public long nanos() {
    return ticker.nanoTime();
  }

  /** Plans something. */
  public void in(long nanos, Runnable what) {
    plans.add(new Plan(nanos() + Math.max(0, nanos), order++, what));
  }

  /** Time passes, and all happens that is due by then. */
  public void pass(long nanos) {
    long end = nanos() + nanos;
    settle();
    for (long next = next(); next <= end; next = next()) {
      advance(next);
      Plan plan = plans.peek();
      if (plan != null && plan.nanos <= next) {
        plans.poll().what.run();
      }
      loops.forEach(HandLoop::runTimers);
      settle();
    }
    advance(end);
  }

  private long next() {
    long next = plans.isEmpty() ? Long.MAX_VALUE : plans.peek().nanos;
    for (HandLoop loop : loops) {
      long timer = loop.nextTimerNanos();
      next = timer < 0 ? next : Math.min(next, timer);
    }
    return next;
  }

  private void advance(long to) {
    if (to > nanos()) {
      ticker.advance(to - nanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void settle() {
    for (HandLoop loop : List.copyOf(loops)) {
      loop.runTasks();
    }
    List.copyOf(watchers).forEach(Runnable::run);
  }
}
