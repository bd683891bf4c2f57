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
    long most = Math.max(LEAST, (long) calls.active() * percent / 100);
    if (retrying.incrementAndGet() <= most) {
      return true;
    }
    retrying.decrementAndGet();
    return false;
  }

  public void leave() {
    retrying.decrementAndGet();
  }
}
