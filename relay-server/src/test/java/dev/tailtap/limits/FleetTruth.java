package dev.tailtap.limits;

import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.limits.SimulatedCall.Fate;
import dev.tailtap.limits.SimulatedQuota.Bucket;
import dev.tailtap.redis.SimulatedAccounts;
import dev.tailtap.redis.SimulatedRedis;
import dev.tailtap.rig.HandTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All calls of a fleet, what they may hold of what is shared, and what they were charged there. */
final class FleetTruth {
  private static final long LEASE_NANOS = 100_000_000_000L;
  private static final double MICROS = 5; // of rounding
  final List<SimulatedCall> calls = new ArrayList<>();
  private final Map<String, SimulatedCall> byId = new HashMap<>();
  private int named; // so many of the calls
  private final HandTime time;
  private final SimulatedQuota quota;
  private final SimulatedRedis redis;
  private double setBackNanos; // the server's clock, in all
  private int refills; // of places, by a loss or a lapse of leases
  private long troubledNanos = Long.MIN_VALUE; // until when something is not well
  private boolean troubled; // ever

  FleetTruth(HandTime time, SimulatedQuota quota, SimulatedRedis redis) {
    this.time = time;
    this.quota = quota;
    this.redis = redis;
  }

  /** For so long something is not well. */
  void trouble(long nanos) {
    troubled = true;
    troubledNanos = Math.max(troubledNanos, time.nanos() + nanos);
  }

  /** All is well: so much of time and trouble has been. */
  boolean wellFor(long nanos) {
    return time.nanos() - troubledNanos > nanos;
  }

  /** Leases may have lapsed although their calls go on. */
  void lapse() {
    refills++;
  }

  /** Before the server loses what it has. */
  void lose() {
    forget(Double.MAX_VALUE);
    refills++;
  }

  /** Before its clock is set. */
  void jump(double micros) {
    if (micros > 0) {
      forget(micros);
      refills++;
    } else {
      setBackNanos -= micros * 1e3;
    }
  }

  private void forget(double micros) {
    for (Bucket bucket : quota.buckets()) {
      for (String key : List.of(bucket.tokens, bucket.requests)) {
        redis.accounts().forget(key, Math.min(micros, redis.used(key)));
      }
    }
  }

  /** What holds at every moment; null: all of it. */
  String broken() {
    for (; named < calls.size(); named++) {
      byId.put(calls.get(named).id(), calls.get(named));
    }
    for (Bucket bucket : quota.buckets()) {
      String broken = places(bucket);
      broken = broken == null ? leases(bucket) : broken;
      if (broken != null) {
        return broken;
      }
    }
    return null;
  }

  /** Never more are under way than places, but for what was lost, and each relay's part. */
  private String places(Bucket bucket) {
    if (quota.away() == Away.OPEN && troubled) {
      return null;
    }
    long most = bucket.limit.streams();
    long parts = troubled ? (long) quota.relays * bucket.part.streams() : 0;
    long shared = 0;
    long own = 0;
    for (SimulatedCall call : calls) {
      if (call.fate == Fate.UNDER_WAY && bucket.has(call)) {
        shared += call.shared ? 1 : 0;
        own += call.shared ? 0 : 1;
      }
    }
    if (shared > most * (1 + refills) || own > parts) {
      return "%d and %d are under way of %d in %s".formatted(shared, own, most, bucket);
    }
    return null;
  }

  private String leases(Bucket bucket) {
    Map<String, Double> leases = redis.leases(bucket.streams);
    double now = redis.now();
    for (Map.Entry<String, Double> lease : leases.entrySet()) {
      SimulatedCall call = byId.get(lease.getKey());
      if (lease.getValue() > now && call.fate != Fate.UNDER_WAY && call.fate != Fate.ASKING) {
        SimulatedAccounts.Account account = redis.accounts().of(call.life, call.ask);
        long since = Math.max(call.endedNanos, account.touchedNanos());
        if (time.nanos() - since > LEASE_NANOS + setBackNanos) {
          return call + " holds a place in " + bucket;
        }
      }
    }
    if (wellFor(45_000_000_000L)) {
      for (SimulatedCall call : calls) {
        boolean goesOn = call.fate == Fate.UNDER_WAY && bucket.has(call);
        if (goesOn && leases.getOrDefault(call.id(), 0.0) <= now) {
          return call + " has no lease in " + bucket;
        }
      }
    }
    return null;
  }

  // ---- at the end ----

  /** Nobody holds a place any more, and each call was charged what it has cost, once. */
  String brokenAtRest(List<SimulatedRelay> lives) {
    for (Bucket bucket : quota.buckets()) {
      double now = redis.now();
      for (Map.Entry<String, Double> lease : redis.leases(bucket.streams).entrySet()) {
        if (lease.getValue() > now + setBackNanos / 1e3) {
          return lease.getKey() + " holds a place in " + bucket + " for ever";
        }
      }
      for (SimulatedCall call : calls) {
        String broken = bucket.has(call) ? charged(call, bucket, lives.get(call.life)) : null;
        if (broken != null) {
          return broken;
        }
      }
    }
    for (SimulatedRelay relay : lives) {
      for (Bucket bucket : quota.buckets()) {
        String broken = toldLater(relay, bucket);
        if (broken != null) {
          return broken;
        }
      }
    }
    return new FleetBounds(quota, redis.accounts(), calls).broken(lives);
  }

  private String charged(SimulatedCall call, Bucket bucket, SimulatedRelay relay) {
    SimulatedAccounts.Account account = redis.accounts().of(call.life, call.ask);
    boolean over = call.fate == Fate.ENDED || call.fate == Fate.REFUSED;
    if (call.ask < 0 || !over || account == null) {
      return null;
    }
    double charged = account.charged(bucket.tokens);
    double reserved = account.reserved(bucket.tokens);
    double cost = cost(call, bucket, account);
    double requests = account.charged(bucket.requests);
    double request = call.begun ? bucket.whole.requestNanos() / 1e3 : 0;
    if (relay.door.held(call.askedNanos, time.nanos())) {
      boolean larger = call.partial() && !call.shared; // it may know of a reservation or not
      if (!larger && Math.abs(charged - cost) > MICROS) {
        return "%s was charged %.1f of %s and cost %.1f".formatted(call, charged, bucket, cost);
      }
      if (bucket.whole.countsRequests() && Math.abs(requests - request) > MICROS) {
        return "%s was charged %.1f for its request in %s".formatted(call, requests, bucket);
      }
    } else if (charged > reserved + Math.max(cost, reserved) + MICROS) {
      return "%s was charged %.1f of %s, more than twice".formatted(call, charged, bucket);
    }
    return null;
  }

  private static double cost(SimulatedCall call, Bucket bucket, SimulatedAccounts.Account account) {
    if (call.fate == Fate.REFUSED) {
      return 0;
    }
    String limit = bucket.name();
    if (call.shared || call.reported()) {
      return call.sharedCost(limit) * bucket.microsPerToken();
    }
    // It does not say: what was reserved stays, as far as its relay had heard of it.
    double tokens = account.reserved(bucket.tokens) / bucket.microsPerToken();
    return call.cost(tokens, tokens) * bucket.microsPerToken();
  }

  /** What a relay tells of calls that ended while the server was away is no more than they used. */
  private String toldLater(SimulatedRelay relay, Bucket bucket) {
    double used = 0;
    int requests = 0;
    for (SimulatedCall call : calls) {
      boolean told = redis.accounts().settledNanos(call.life, call.ask) >= 0;
      if (call.life == relay.life && call.fate == Fate.ENDED && bucket.has(call) && !told) {
        double cost = Math.max(call.sharedCost(bucket.name()), call.ownCost(bucket.name()));
        used += cost * bucket.microsPerToken() + MICROS;
        requests++;
      }
    }
    double tokens = redis.accounts().together(relay.life, bucket.tokens);
    double ofRequests = redis.accounts().together(relay.life, bucket.requests);
    double most = requests * (bucket.whole.requestNanos() / 1e3 + MICROS);
    return tokens <= used && ofRequests <= most
        ? null
        : "%d told %.1f and %.1f of %s, where %.1f and %.1f were used"
            .formatted(relay.life, tokens, ofRequests, bucket, used, most);
  }
}
