package dev.tailtap.limits;

import dev.tailtap.redis.Asker;
import dev.tailtap.redis.Claim;
import dev.tailtap.redis.Grant;
import dev.tailtap.redis.LoopCounters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one call asks of the buckets that relays share, and has of them once it is granted, until it
 * is settled or withdrawn. One event loop.
 */
final class Share {
  /** A cost: then what was reserved stays. */
  static final double UNKNOWN = -1;

  /** A cost: it took nothing, and nothing is to be learned of it. */
  static final double NONE = Double.NaN;

  private final LoopCounters counters;
  private final List<SharedClaims> limits = new ArrayList<>(2);
  private final List<Claim> claims = new ArrayList<>(4);
  private Grant grant; // null until granted, as costs
  private double[] costs;

  Share(LoopCounters counters) {
    this.counters = counters;
  }

  /** Asks of one more limit, unless there are as many claims as one question can have. */
  void add(SharedClaims some) {
    boolean fits = claims.size() + some.claims().size() <= Claim.MOST;
    if (fits && !some.claims().isEmpty()) {
      limits.add(some);
      claims.addAll(some.claims());
    }
  }

  boolean isEmpty() {
    return claims.isEmpty();
  }

  /** Whether it asks of a limit. */
  boolean has(String limit) {
    return first(limit) >= 0;
  }

  /**
   * Asks.
   *
   * @param id of this call alone
   * @param given how many tokens its body says; -1: none
   */
  void ask(String id, double given, Asker asker) {
    counters.admit(claims, id, given, asker);
  }

  /** Who answered, or would have. */
  Share of(Grant granted) {
    grant = granted;
    costs = new double[claims.size()];
    Arrays.fill(costs, NONE);
    return this;
  }

  /** The limit of a claim. */
  String limit(int claim) {
    int before = 0;
    for (SharedClaims each : limits) {
      before += each.claims().size();
      if (claim < before) {
        return each.limit();
      }
    }
    throw new IllegalArgumentException("claim " + claim + " of " + before);
  }

  Claim.Kind kind(int claim) {
    return claims.get(claim).kind();
  }

  /** Whether the shared buckets themselves have admitted it. */
  boolean known() {
    return grant.shared();
  }

  /** How many tokens of a limit are reserved. */
  double reserved(String limit) {
    int claim = tokens(limit);
    return claim < 0 ? 0 : grant.reserved(claim);
  }

  /** What a limit was used of; {@link #UNKNOWN}, or {@link #NONE}. */
  void cost(String limit, double cost) {
    int claim = tokens(limit);
    if (claim >= 0) {
      costs[claim] = cost;
    }
  }

  void settle() {
    counters.settle(grant, costs);
  }

  void withdraw() {
    counters.withdraw(grant);
  }

  /** What is left; null: that is said of none. */
  LimitFields fields() {
    LimitFields all = null;
    for (int i = 0; i < claims.size(); i++) {
      all = LimitFields.both(all, fields(i));
    }
    return all;
  }

  private LimitFields fields(int claim) {
    String limit = limit(claim);
    Terms terms = limits.stream().filter(one -> one.limit().equals(limit)).findAny().get().terms();
    double left = grant.left(claim);
    return switch (kind(claim)) {
      case REQUESTS -> {
        double used = (double) terms.requestSize() / terms.requestNanos() - left;
        yield LimitFields.ofRequests(limit, terms, left, (long) (used * terms.requestNanos()));
      }
      case TOKENS ->
          LimitFields.ofTokens(limit, terms, left, terms.nanosOf(terms.tokenBurst() - left));
      case STREAMS -> null;
    };
  }

  private int tokens(String limit) {
    int first = first(limit);
    return first < 0 ? -1 : tokensBehind(limit, first);
  }

  private int tokensBehind(String limit, int first) {
    for (SharedClaims each : limits) {
      if (each.limit().equals(limit)) {
        return each.tokens() < 0 ? -1 : first + each.tokens();
      }
    }
    return -1;
  }

  /** The first claim of a limit; -1: there is none. */
  private int first(String limit) {
    int before = 0;
    for (SharedClaims each : limits) {
      if (each.limit().equals(limit)) {
        return before;
      }
      before += each.claims().size();
    }
    return -1;
  }
}
