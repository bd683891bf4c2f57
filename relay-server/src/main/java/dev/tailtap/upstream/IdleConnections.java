package dev.tailtap.upstream;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.loop.Tcp;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import io.netty.channel.group.ChannelGroup;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of one event loop that wait for a request, by origin: upstreams come and go with
 * their settings, and a connection to the same place stays. How many are kept and for how long is
 * for the upstream to say that used one last. Event loop only.
 */
final class IdleConnections {
  private final ChannelGroup connections; // of all loops, the leased ones among them
  private final int mostConnections;
  private final Stats stats;
  private final AtomicInteger count; // over all loops; read by scrapes
  private final Map<Origin, ArrayDeque<PoolEntry>> idle = new HashMap<>();
  private Set<Origin> named; // to which alone connections are kept; null: to any

  IdleConnections(ChannelGroup connections, int mostConnections, Stats stats, AtomicInteger count) {
    this.connections = connections;
    this.mostConnections = mostConnections;
    this.stats = stats;
    this.count = count;
  }

  /** Keeps one whose lease is over, or closes it. */
  void put(PoolEntry entry, long nowNanos) {
    ReuseConfig reuse = entry.reuse();
    if (named != null && !named.contains(entry.origin())) {
      evict(entry, Label.EVICTED_RETIRED);
      return;
    }
    ArrayDeque<PoolEntry> kept = idle.computeIfAbsent(entry.origin(), key -> new ArrayDeque<>());
    if (kept.size() >= reuse.kept() || crowded(mostConnections / 4 * 3)) {
      evict(entry, Label.EVICTED_FULL);
    } else if (entry.tooOld(reuse, nowNanos)) {
      evict(entry, Label.EVICTED_AGE);
    } else {
      entry.end(nowNanos);
      kept.addLast(entry);
      count.incrementAndGet();
    }
  }

  /** The one that was used last, which is the likeliest to be alive; null if none is good. */
  PoolEntry take(Origin origin, ReuseConfig reuse, long nowNanos) {
    ArrayDeque<PoolEntry> kept = idle.get(origin);
    while (kept != null && !kept.isEmpty()) {
      PoolEntry entry = kept.pollLast();
      count.decrementAndGet();
      if (entry.tooOld(reuse, nowNanos)) {
        evict(entry, Label.EVICTED_AGE);
      } else if (!entry.channel().isActive() || !Tcp.established(entry.channel())) {
        evict(entry, Label.EVICTED_CLOSED);
      } else {
        return entry;
      }
    }
    return null;
  }

  /** Whatever became of a connection, it is not kept any more. */
  void forget(PoolEntry entry, Label why) {
    ArrayDeque<PoolEntry> kept = idle.get(entry.origin());
    if (kept != null && kept.remove(entry)) {
      count.decrementAndGet();
      evict(entry, why);
    }
  }

  /** Closes what was idle for too long. */
  void sweep(long nowNanos) {
    for (ArrayDeque<PoolEntry> kept : idle.values()) {
      for (Iterator<PoolEntry> each = kept.iterator(); each.hasNext(); ) {
        PoolEntry entry = each.next();
        if (entry.idleTooLong(nowNanos)) {
          each.remove();
          count.decrementAndGet();
          evict(entry, Label.EVICTED_IDLE);
        }
      }
    }
  }

  /** Where there are as many connections as there may be, the oldest of each origin closes. */
  void makeRoom() {
    if (crowded(mostConnections)) {
      idle.values().forEach(kept -> evictFirst(kept, Label.EVICTED_FULL));
    }
  }

  /**
   * Closes what leads to none of these origins: the idle ones now, the leased ones when their
   * leases are over.
   */
  void retain(Set<Origin> origins) {
    named = origins;
    for (Iterator<Map.Entry<Origin, ArrayDeque<PoolEntry>>> each = idle.entrySet().iterator();
        each.hasNext(); ) {
      Map.Entry<Origin, ArrayDeque<PoolEntry>> next = each.next();
      if (!named.contains(next.getKey())) {
        each.remove();
        while (!next.getValue().isEmpty()) {
          evictFirst(next.getValue(), Label.EVICTED_RETIRED);
        }
      }
    }
  }

  void evict(PoolEntry entry, Label why) {
    stats.count(why);
    entry.channel().close();
  }

  private void evictFirst(ArrayDeque<PoolEntry> kept, Label why) {
    PoolEntry first = kept.pollFirst();
    if (first != null) {
      count.decrementAndGet();
      evict(first, why);
    }
  }

  private boolean crowded(int most) {
    return mostConnections < Integer.MAX_VALUE && connections.size() >= most;
  }
}
