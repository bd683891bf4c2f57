package dev.tailtap.limits;

import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.limits.SimulatedCall.Fate;
import dev.tailtap.limits.SimulatedQuota.Bucket;
import dev.tailtap.redis.SimulatedAccounts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What was admitted in a whole run beside the bound of docs/LIMITS.md: of what is shared, and of
 * each relay by itself while that was away.
 */
final class FleetBounds {
  private static final double ROUNDING = 1; // of a token

  private final SimulatedQuota quota;
  private final SimulatedAccounts accounts;
  private final List<SimulatedCall> calls;
  private final List<Forgotten> forgotten;

  /** What a shared bucket lost by a loss of data, or a clock that was set forward. */
  record Forgotten(long nanos, String key, double micros) {}

  FleetBounds(
      SimulatedQuota quota,
      SimulatedAccounts accounts,
      List<SimulatedCall> calls,
      List<Forgotten> forgotten) {
    this.quota = quota;
    this.accounts = accounts;
    this.calls = calls;
    this.forgotten = forgotten;
  }

  /** The first that is broken; null: all hold. */
  String broken() {
    for (Bucket bucket : quota.buckets()) {
      String broken = tokens(bucket);
      broken = broken == null ? requests(bucket) : broken;
      for (int life = 0; life <= lives() && broken == null; life++) {
        broken = own(bucket, life);
      }
      if (broken != null) {
        return broken;
      }
    }
    return null;
  }

  private int lives() {
    return calls.stream().mapToInt(call -> call.life).max().orElse(0);
  }

  /** Of those that the server admitted, at the times at which it did and was told. */
  private String tokens(Bucket bucket) {
    String limit = bucket.name();
    Terms whole = bucket.whole;
    WindowBound bound = new WindowBound(1 / whole.tokenNanos());
    List<long[]> spans = new ArrayList<>();
    double excess = 0;
    for (SimulatedCall call : of(bucket, one -> one.serverNanos >= 0)) {
      double reserved = call.sharedReserved.get(limit);
      bound.charge(call.serverNanos, reserved);
      long settled = accounts.settledNanos(call.life, call.ask);
      long end = settled >= 0 ? settled : call.endedNanos;
      spans.add(new long[] {call.serverNanos, end});
      double more = call.fate == Fate.ENDED ? call.sharedCost(limit) - reserved : 0;
      if (more < 0 || settled >= 0) { // else it could not be told: what was reserved stays
        bound.charge(end, more);
        excess = Math.max(excess, more);
      }
    }
    late(bucket.tokens, whole.tokenNanos(), bound);
    forgotten(bucket.tokens, whole.tokenNanos(), bound);
    double most = whole.tokenBurst() + most(spans) * excess + ROUNDING;
    return beyond("tokens of " + bucket, bound.worst(), most);
  }

  private String requests(Bucket bucket) {
    Terms whole = bucket.whole;
    if (!whole.countsRequests()) {
      return null;
    }
    WindowBound bound = new WindowBound(1.0 / whole.requestNanos());
    for (SimulatedCall call : of(bucket, one -> one.serverNanos >= 0)) {
      bound.charge(call.serverNanos, 1);
      if (call.fate == Fate.ENDED && !call.begun) {
        long settled = accounts.settledNanos(call.life, call.ask);
        bound.charge(settled >= 0 ? settled : call.endedNanos, -1);
      }
    }
    late(bucket.requests, (double) whole.requestNanos(), bound);
    forgotten(bucket.requests, (double) whole.requestNanos(), bound);
    double most = (double) whole.requestSize() / whole.requestNanos() + 0.01;
    return beyond("requests of " + bucket, bound.worst(), most);
  }

  /** Of those that a relay let in by itself: its part, at the times of its own clock. */
  private String own(Bucket bucket, int life) {
    if (quota.away() != Away.LOCAL) {
      return null;
    }
    String limit = bucket.name();
    Terms part = bucket.part;
    WindowBound bound = new WindowBound(1 / part.tokenNanos());
    WindowBound requests = new WindowBound(part.countsRequests() ? 1.0 / part.requestNanos() : 1);
    List<long[]> spans = new ArrayList<>();
    double excess = 0;
    for (SimulatedCall call :
        of(bucket, one -> one.life == life && !one.shared && one.admittedNanos >= 0)) {
      double reserved = call.ownReserved.get(limit);
      bound.charge(call.admittedNanos, reserved);
      requests.charge(call.admittedNanos, 1);
      spans.add(new long[] {call.admittedNanos, call.endedNanos});
      if (call.fate == Fate.ENDED) {
        double more = call.ownCost(limit) - reserved;
        bound.charge(call.endedNanos, more);
        requests.charge(call.endedNanos, call.begun ? 0 : -1);
        excess = Math.max(excess, more);
      }
    }
    double most = part.tokenBurst() + most(spans) * excess + ROUNDING;
    String broken = beyond("tokens of " + bucket + " by relay " + life, bound.worst(), most);
    if (broken == null && part.countsRequests()) {
      double burst = (double) part.requestSize() / part.requestNanos();
      broken = beyond("requests by relay " + life, requests.worst(), burst + 0.01);
    }
    return broken;
  }

  private List<SimulatedCall> of(Bucket bucket, Predicate<SimulatedCall> some) {
    return calls.stream().filter(bucket::has).filter(some).toList();
  }

  /** Of calls that the server admitted too late, so that they were not let in by it. */
  private void late(String key, double nanosEach, WindowBound bound) {
    Set<String> inTime = new HashSet<>();
    calls.stream().filter(call -> call.serverNanos >= 0).forEach(call -> inTime.add(call.id()));
    accounts.forEach(
        (id, account) -> {
          if (account.admitted() && !inTime.contains(id)) {
            double micros = account.reserved(key);
            bound.charge(account.admittedNanos(), micros * 1e3 / nanosEach);
            double back = Math.min(0, account.charged(key) - micros);
            bound.charge(account.settledNanos(), back * 1e3 / nanosEach);
          }
        });
  }

  private void forgotten(String key, double nanosEach, WindowBound bound) {
    for (Forgotten each : forgotten) {
      if (each.key.equals(key)) {
        bound.charge(each.nanos, -each.micros * 1e3 / nanosEach);
      }
    }
  }

  /** Of how many spans there is one moment at the most. */
  private static int most(List<long[]> spans) {
    TreeMap<Long, Integer> changes = new TreeMap<>();
    for (long[] span : spans) {
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

  private static String beyond(String what, double worst, double most) {
    return worst <= most ? null : "%s: %.1f in a window of %.1f".formatted(what, worst, most);
  }
}
