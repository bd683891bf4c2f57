package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.upstream.Upstream;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Says who may start, and counts who is under way, in all and by upstream. An admitted exchange
 * holds room for its record, so that nothing can be lost later for want of space. Any thread.
 */
public final class Admission {
  private final Ledger ledger;
  private final Gauge all;
  private final Map<String, Gauge> byUpstream = new LinkedHashMap<>();
  private volatile boolean draining;

  public Admission(LimitsConfig limits, Collection<Upstream> upstreams, Ledger ledger) {
    this.ledger = ledger;
    all = new Gauge(limits.streams());
    for (Upstream upstream : upstreams) {
      byUpstream.put(upstream.name(), new Gauge(limits.streams()));
    }
  }

  /** Admits one exchange: null; or says why not. Each admission ends with one {@link #leave}. */
  Ending enter(Upstream upstream) {
    if (draining) {
      return Ending.DRAINING;
    }
    if (!all.enter()) {
      return Ending.TOO_MANY_STREAMS;
    }
    if (!ledger.reserve()) {
      all.leave();
      return Ending.NO_ROOM_FOR_RECORDS;
    }
    byUpstream.get(upstream.name()).enter();
    return null;
  }

  void leave(Upstream upstream) {
    byUpstream.get(upstream.name()).leave();
    all.leave();
    if (draining) {
      synchronized (this) {
        notifyAll();
      }
    }
  }

  /** From now on nobody is admitted. */
  public void drain() {
    draining = true;
  }

  /**
   * Waits, after {@link #drain}, until all have left.
   *
   * @return false if some were still there when the time was over
   */
  public synchronized boolean awaitEmpty(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (all.active() > 0) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  public boolean draining() {
    return draining;
  }

  /** Exchanges under way, over all upstreams. */
  public Gauge all() {
    return all;
  }

  /** The same for each upstream, in the order of the configuration. */
  public Map<String, Gauge> byUpstream() {
    return byUpstream;
  }

  /** How many are inside, how many may be, and how many ever were. */
  public static final class Gauge {
    private final int max;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger peak = new AtomicInteger();

    Gauge(int max) {
      this.max = max;
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

    boolean enter() {
      int now = active.incrementAndGet();
      if (now > max) {
        active.decrementAndGet();
        return false;
      }
      if (now > peak.get()) {
        peak.accumulateAndGet(now, Math::max);
      }
      return true;
    }

    void leave() {
      active.decrementAndGet();
    }
  }
}
