package dev.tailtap.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What calls used of shared buckets while the server could not be told: one number for each bucket,
 * of 4,096 buckets at most. As time goes on it becomes less by this relay's part of what the bucket
 * refills, as if it had been told in time, so that a server that is back hears of what is still in
 * use and of no debt that was worked off. Any thread.
 */
final class Untold {
  static final int MOST = 4_096;
  private static final double NANOS_OF_MICRO = 1_000;

  private final Map<Claim, Used> buckets = new HashMap<>();
  private final double part;

  /** Of one of so many relays. */
  Untold(int relays) {
    part = 1.0 / relays;
  }

  /** So much of a bucket's time is in use, in microseconds. */
  record Sum(Claim bucket, double micros) {}

  private static final class Used {
    private double micros;
    private long asOf;

    Used(long now) {
      asOf = now;
    }
  }

  /**
   * A call used so much of a bucket, or so much less than it had reserved there.
   *
   * @return false: that is not kept, since there is no room, or nothing that it is less of
   */
  synchronized boolean add(Claim bucket, double micros, long now) {
    if (buckets.size() >= MOST && !buckets.containsKey(bucket)) {
      buckets.values().removeIf(used -> refilled(used, now) <= 0);
    }
    if (buckets.size() >= MOST && !buckets.containsKey(bucket)) {
      return false;
    }
    Used used = buckets.computeIfAbsent(bucket, made -> new Used(now));
    double sum = refilled(used, now) + micros;
    used.micros = Math.max(0, sum);
    return sum >= 0;
  }

  private double refilled(Used used, long now) {
    double since = Math.max(0, now - used.asOf) / NANOS_OF_MICRO;
    used.micros = Math.max(0, used.micros - since * part);
    used.asOf = Math.max(used.asOf, now);
    return used.micros;
  }

  /** Takes some of them away, to be told; none: there are no more. */
  synchronized List<Sum> take(int most, long now) {
    List<Sum> taken = new ArrayList<>();
    Iterator<Map.Entry<Claim, Used>> each = buckets.entrySet().iterator();
    while (each.hasNext() && taken.size() < most) {
      Map.Entry<Claim, Used> next = each.next();
      double micros = refilled(next.getValue(), now);
      if (micros > 0) {
        taken.add(new Sum(next.getKey(), micros));
      }
      each.remove();
    }
    return taken;
  }
}
