package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.upstream.Upstream;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Says who may start, and counts who is under way, in all, by upstream and by client network. An
 * admitted exchange holds room for its record, so that nothing can be lost later for want of space.
 * Any thread.
 */
public final class Admission {
  private final Ledger ledger;
  private final MemoryAccount memory;
  private final Gauge all;
  private final Map<String, Gauge> byUpstream = new LinkedHashMap<>();
  private final NetworkCounts byNetwork;
  private volatile boolean draining;

  public Admission(
      LimitsConfig limits, Collection<Upstream> upstreams, Ledger ledger, MemoryAccount memory) {
    this.ledger = ledger;
    this.memory = memory;
    all = new Gauge(limits.streams());
    for (Upstream upstream : upstreams) {
      int own = upstream.config().streams();
      byUpstream.put(upstream.name(), new Gauge(own == 0 ? limits.streams() : own));
    }
    byNetwork = new NetworkCounts(limits.streamsPerAddress());
  }

  /** Admits one exchange: null; or says why not. Each admission ends with one {@link #leave}. */
  Ending enter(Upstream upstream, ClientNetwork client) {
    if (draining) {
      return Ending.DRAINING;
    }
    if (memory.refusing()) {
      return Ending.MEMORY_SHORT;
    }
    Ending full = claim(byUpstream.get(upstream.name()), client);
    if (full == null && !ledger.reserve()) {
      giveBack(byUpstream.get(upstream.name()), client);
      return Ending.NO_ROOM_FOR_RECORDS;
    }
    return full;
  }

  private Ending claim(Gauge one, ClientNetwork client) {
    if (!byNetwork.enter(client)) {
      return Ending.TOO_MANY_OF_THE_CLIENT;
    }
    if (!all.enter()) {
      byNetwork.leave(client);
      return Ending.TOO_MANY_STREAMS;
    }
    if (!one.enter()) {
      byNetwork.leave(client);
      all.leave();
      return Ending.TOO_MANY_AT_THE_UPSTREAM;
    }
    return null;
  }

  private void giveBack(Gauge one, ClientNetwork client) {
    byNetwork.leave(client);
    one.leave();
    all.leave();
  }

  /**
   * How much of its time a request may take, from 1 down to a thirtieth: the shorter, the fewer
   * places are left for others (Envoy's scaled timers).
   */
  double patience() {
    double taken = (double) all.active() / all.max();
    return Math.max(1 / 30.0, Math.min(1, (0.9 - taken) / 0.4));
  }

  void leave(Upstream upstream, ClientNetwork client) {
    giveBack(byUpstream.get(upstream.name()), client);
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

    void leave() {
      active.decrementAndGet();
    }
  }
}
