package dev.tailtap.stats;

import java.util.concurrent.atomic.AtomicInteger;

/** How many are inside, how many may be, and how many were at the most. Any thread. */
public final class Gauge {
  private volatile int max;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();

  /** Of nobody yet. */
  public Gauge(int max) {
    this.max = max;
  }

  /** From now on so many may be inside; who is, stays. */
  public void limit(int most) {
    max = most;
  }

  /** Whether nobody may go in. */
  public boolean full() {
    return active.get() >= max;
  }

  public int active() {
    return active.get();
  }

  public int max() {
    return max;
  }

  public int peak() {
    return peak.get();
  }

  /** Goes in; false: it is full. */
  public boolean enter() {
    int before = active.get();
    while (before < max) {
      if (active.compareAndSet(before, before + 1)) {
        if (before + 1 > peak.get()) {
          peak.accumulateAndGet(before + 1, Math::max);
        }
        return true;
      }
      before = active.get();
    }
    return false;
  }

  /** Goes out again. */
  public void leave() {
    active.decrementAndGet();
  }
}
