package dev.tailtap.limits;

import dev.tailtap.stats.Gauge;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls may be in a further try at an upstream that fails itself, at the same time, until
 * it has an answer, over all loops: a share of those that are under way, so that retries cannot
 * multiply a load that upstreams fail under (Envoy's retry budget). Any thread.
 */
public final class RetryBudget {
  /** So many may be, however few calls there are. */
  private static final int LEAST = 3;

  private final Gauge calls;
  private final AtomicInteger retrying = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile int percent;

  /** Lets the least number be until it has its share. */
  RetryBudget(Gauge calls) {
    this.calls = calls;
  }

  /** From now on this share holds, in percent. */
  void limit(int share) {
    percent = share;
  }

  /** Takes a place until {@link #leave}; false: there is none. */
  public boolean enter() {
    long atWork = (long) calls.active() - waiting.get();
    long most = Math.max(LEAST, atWork * percent / 100);
    if (retrying.incrementAndGet() <= most) {
      return true;
    }
    retrying.decrementAndGet();
    return false;
  }

  public void leave() {
    retrying.decrementAndGet();
  }

  /** A call waits for a place, until {@link #endWait}, and is none of those that are under way. */
  public void beginWait() {
    waiting.incrementAndGet();
  }

  public void endWait() {
    waiting.decrementAndGet();
  }

  /** How many calls wait for a place. */
  public int waiting() {
    return waiting.get();
  }
}
