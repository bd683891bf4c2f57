package dev.tailtap.limits;

import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.limits.SimulatedQuota.Bucket;
import dev.tailtap.redis.SimulatedAccounts;
import dev.tailtap.redis.SimulatedAccounts.Change;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What was charged in a whole run beside the bound of docs/LIMITS.md: by the shared buckets, and by
 * each relay's own to calls that it let in by itself.
 */
final class FleetBounds {
  private static final double ROUNDING = 1; // of a token
  private static final double ROUNDING_OF_REQUESTS = 0.01;

  private final SimulatedQuota quota;
  private final SimulatedAccounts accounts;
  private final List<SimulatedCall> calls;

  FleetBounds(SimulatedQuota quota, SimulatedAccounts accounts, List<SimulatedCall> calls) {
    this.quota = quota;
    this.accounts = accounts;
    this.calls = calls;
  }

  /** The first that is broken; null: all hold. */
  String broken(List<SimulatedRelay> lives) {
    for (Bucket bucket : quota.buckets()) {
      String broken = tokens(bucket);
      broken = broken == null ? requests(bucket) : broken;
      for (SimulatedRelay life : lives) {
        boolean alone = broken == null && quota.away() == Away.LOCAL;
        broken = alone ? own(bucket, life) : broken;
      }
      if (broken != null) {
        return broken;
      }
    }
    return null;
  }

  private String tokens(Bucket bucket) {
    WindowBound bound = new WindowBound(1 / bucket.whole.tokenNanos());
    Map<String, long[]> spans = spans(bucket::has);
    double excess = 0;
    for (Change each : accounts.changes()) {
      if (each.key().equals(bucket.tokens)) {
        double tokens = each.micros() / bucket.microsPerToken();
        bound.charge(each.nanos(), tokens);
        excess = each.atEnd() ? Math.max(excess, tokens) : excess;
        long[] span = spans.getOrDefault(each.id(), new long[2]);
        span[1] = Math.max(span[1], each.nanos()); // until its end was told
      }
    }
    double most = bucket.whole.tokenBurst() + most(spans) * excess + ROUNDING;
    return beyond("tokens of " + bucket, bound, most);
  }

  /** Of each call, from its wish to its end. */
  private Map<String, long[]> spans(Predicate<SimulatedCall> some) {
    Map<String, long[]> spans = new HashMap<>();
    for (SimulatedCall call : calls) {
      boolean over = call.admittedNanos >= 0 || call.endedNanos > call.askedNanos;
      if (over && some.test(call)) {
        spans.put(call.id(), new long[] {call.askedNanos, call.endedNanos});
      }
    }
    return spans;
  }

  private String requests(Bucket bucket) {
    Terms whole = bucket.whole;
    if (!whole.countsRequests()) {
      return null;
    }
    WindowBound bound = new WindowBound(1.0 / whole.requestNanos());
    int second = 0; // ends that told of a request once more
    for (Change each : accounts.changes()) {
      if (each.key().equals(bucket.requests)) {
        bound.charge(each.nanos(), each.micros() * 1e3 / whole.requestNanos());
        second += each.atEnd() && each.micros() > 0 ? 1 : 0;
      }
    }
    double burst = (double) whole.requestSize() / whole.requestNanos();
    return beyond("requests of " + bucket, bound, burst + second + ROUNDING_OF_REQUESTS);
  }

  private String own(Bucket bucket, SimulatedRelay relay) {
    Terms part = bucket.part;
    WindowBound bound = new WindowBound(1 / part.tokenNanos());
    WindowBound requests = new WindowBound(1.0 / Math.max(1, part.requestNanos()));
    double excess = 0;
    for (SimulatedRelay.Change each : relay.changes) {
      if (each.bucket() == bucket) {
        bound.charge(each.nanos(), each.tokens());
        requests.charge(each.nanos(), each.requests());
        excess = each.atEnd() ? Math.max(excess, each.tokens()) : excess;
      }
    }
    int many = most(spans(call -> call.life == relay.life && !call.shared && bucket.has(call)));
    double most = part.tokenBurst() + many * excess + ROUNDING;
    String broken = beyond("tokens of " + bucket + " by relay " + relay.life, bound, most);
    if (broken == null && part.countsRequests()) {
      double burst = (double) part.requestSize() / part.requestNanos();
      broken = beyond("requests by relay " + relay.life, requests, burst + ROUNDING_OF_REQUESTS);
    }
    return broken;
  }

  /** Of how many spans there is one moment at the most. */
  private static int most(Map<String, long[]> spans) {
    TreeMap<Long, Integer> changes = new TreeMap<>();
    for (long[] span : spans.values()) {
      changes.merge(span[0], 1, Integer::sum);
      changes.merge(span[1] + 1, -1, Integer::sum);
    }
    int most = 0;
    int now = 0;
    for (int change : changes.values()) {
      now += change;
      most = Math.max(most, now);
    }
    return most;
  }

  private static String beyond(String what, WindowBound bound, double most) {
    return bound.worst() <= most
        ? null
        : "%s: %.1f in a window of %.1f".formatted(what, bound.worst(), most);
  }
}
