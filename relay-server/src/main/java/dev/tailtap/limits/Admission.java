package dev.tailtap.limits;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Gauge;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Says who may start, and counts who is under way, in all, by upstream and by client network. Who
 * is admitted holds a {@link Permit}, and with it room for a record, so that nothing can be lost
 * later for want of space. Any thread.
 */
public final class Admission implements Admitting {
  private final RecordRoom room;
  private final MemoryAccount memory;
  private final Gauge all = new Gauge(0);
  private final Map<String, Gauge> ofUpstreams = new ConcurrentHashMap<>(); // present and past
  private final NetworkCounts byNetwork = new NetworkCounts(0);
  private final Runnable left = this::left;
  private volatile Map<String, Gauge> byUpstream = Map.of(); // the present ones
  private volatile boolean draining;

  /** Admits nobody before it has its limits. */
  public Admission(RecordRoom room, MemoryAccount memory) {
    this.room = room;
    this.memory = memory;
  }

  /**
   * From now on these limits hold, and calls may go to these upstreams. Who is under way is counted
   * on, to whatever upstream. One thread at a time.
   */
  public void limit(LimitsConfig limits, Collection<UpstreamConfig> upstreams) {
    all.limit(limits.streams());
    byNetwork.limit(limits.streamsPerAddress());
    Map<String, Gauge> present = new LinkedHashMap<>();
    for (UpstreamConfig upstream : upstreams) {
      int most = upstream.streams() == 0 ? limits.streams() : upstream.streams();
      Gauge gauge = ofUpstreams.computeIfAbsent(upstream.name(), name -> new Gauge(most));
      gauge.limit(most);
      present.put(upstream.name(), gauge);
    }
    byUpstream = Collections.unmodifiableMap(present);
  }

  @Override
  public void admit(String upstream, ClientNetwork client, Applicant applicant) {
    Refusal why = draining ? Refusal.DRAINING : memory.refusing() ? Refusal.MEMORY_SHORT : null;
    Gauge one = ofUpstreams.get(upstream);
    if (why == null) {
      why = claim(one, client);
    }
    if (why == null) {
      applicant.admitted(new Permit(byNetwork, client, all, one, room, left));
    } else {
      applicant.refused(why);
    }
  }

  /** Takes one of each; what was taken before one that is full is given back in reverse. */
  private Refusal claim(Gauge one, ClientNetwork client) {
    if (!byNetwork.enter(client)) {
      return Refusal.TOO_MANY_OF_THE_CLIENT;
    }
    if (!all.enter()) {
      byNetwork.leave(client);
      return Refusal.TOO_MANY_STREAMS;
    }
    if (!one.enter()) {
      all.leave();
      byNetwork.leave(client);
      return Refusal.TOO_MANY_AT_THE_UPSTREAM;
    }
    if (!room.reserve()) {
      giveBack(one, client);
      return Refusal.NO_ROOM_FOR_RECORDS;
    }
    return null;
  }

  private void giveBack(Gauge one, ClientNetwork client) {
    one.leave();
    all.leave();
    byNetwork.leave(client);
  }

  /**
   * How much of its time a request may take, from 1 down to a thirtieth: the shorter, the fewer
   * places are left for others (Envoy's scaled timers).
   */
  public double patience() {
    double taken = (double) all.active() / all.max();
    return Math.max(1 / 30.0, Math.min(1, (0.9 - taken) / 0.4));
  }

  /** A permit was given back. */
  private void left() {
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

  /** Exchanges under way of each upstream by its name, in the order of the configuration. */
  public Map<String, Gauge> byUpstream() {
    return byUpstream;
  }
}
