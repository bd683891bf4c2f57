package dev.tailtap.loop;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells what held an event loop up from what held the whole process up, such as a collection of
 * garbage or a lack of processors. Every loop has a timer of some milliseconds, and beside them a
 * thread sleeps as long and does nothing else (the idea of jHiccup): a loop that is late while that
 * thread is not was held up by our own code. A period of 0 measures nothing and costs nothing.
 */
public final class StallProbe implements AutoCloseable {
  private final StallLedger stalls = new StallLedger();
  private final List<Future<?>> timers = new ArrayList<>();
  private final long periodNanos;
  private volatile boolean closed;

  /** Begins to measure; the figures are the worst since they were read last. */
  public StallProbe(Iterable<EventExecutor> loops, Duration period, Stats stats) {
    periodNanos = period.toNanos();
    if (periodNanos == 0) {
      return;
    }
    stats.gauge(Metric.PROBED_STALL, "", () -> stalls.takeLongest() / 1e9);
    stats.gauge(Metric.CONTROL_STALL, "", () -> stalls.takeControl() / 1e9);
    stats.gauge(Metric.EXCESS_STALL, "", () -> stalls.takeExcess() / 1e9);
    stats.gauge(Metric.OWN_STALL, "", () -> stalls.takeOwn() / 1e9);
    for (EventExecutor loop : loops) {
      timers.add(
          loop.scheduleWithFixedDelay(new Tick(), periodNanos, periodNanos, TimeUnit.NANOSECONDS));
    }
    Thread control = new Thread(this::runControl, "stall-control");
    control.setDaemon(true);
    control.start();
  }

  @Override
  public void close() {
    closed = true;
    timers.forEach(timer -> timer.cancel(false));
  }

  private void runControl() {
    while (!closed) {
      long due = System.nanoTime() + periodNanos;
      long now = due - periodNanos;
      while (now < due) {
        LockSupport.parkNanos(this, due - now);
        now = System.nanoTime();
      }
      stalls.control(due, now);
    }
  }

  /** A loop's timer, on that loop. */
  private final class Tick implements Runnable {
    private final SchedStat schedStat = new SchedStat();
    private long due = System.nanoTime() + periodNanos;
    private long waited;

    @Override
    public void run() {
      long now = System.nanoTime();
      long before = waited;
      waited = schedStat.waitedNanos();
      stalls.loop(due, now, waited - before);
      due = System.nanoTime() + periodNanos;
    }
  }
}
