package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.upstream.Upstream;

/**
 * Which of a route's targets a request goes to, of those that may be asked: the upstream by the
 * route's way to balance, and then one of its keys. A full scan: of 64 targets at most. Any thread.
 */
final class Balance {
  /** Of its fair share, and so many more, before the next best has it. */
  private static final double MOST_OF_SHARE = 1.25;

  private static final int MOST_BEYOND_SHARE = 8;

  /** The golden ratio's fraction, by whose multiples points fall evenly wherever they stop. */
  private static final double GOLDEN = 0.6180339887498949;

  private Balance() {}

  /**
   * The index of one.
   *
   * @param among a bit for each that may be asked; not zero
   */
  static int choose(Route route, long sticky, long among) {
    Upstream upstream =
        switch (route.policy().balance()) {
          case LEAST_PENDING -> leastPending(route, among);
          case SPREAD -> spread(route, among);
          case STICKY -> sticky == 0 ? leastPending(route, among) : sticky(route, sticky, among);
        };
    return key(route, sticky, among, upstream);
  }

  /**
   * The index of the one that a request finds whatever goes on: by what it sticks to, or first.
   *
   * @param among a bit for each that it may be sent to at all; not zero
   */
  static int first(Route route, long sticky, long among) {
    boolean sticks = route.policy().balance() == RouteConfig.Balance.STICKY && sticky != 0;
    long best = bestPriority(route, among);
    return sticks
        ? key(route, sticky, best, highest(route, sticky, best))
        : Long.numberOfTrailingZeros(best);
  }

  /** Those of the best priority that has any; targets stand in the order of theirs. */
  private static long bestPriority(Route route, long among) {
    long best = 0;
    int priority = 0;
    for (int i = 0; i < route.size(); i++) {
      Target target = route.target(i);
      if (best != 0 && target.priority() != priority) {
        return best;
      }
      if ((among >> i & 1) != 0) {
        best |= 1L << i;
        priority = target.priority();
      }
    }
    return best;
  }

  /** The smallest load by its weight; of equal ones any. */
  private static Upstream leastPending(Route route, long among) {
    Upstream least = null;
    double load = 0;
    int equals = 0;
    for (int i = 0; i < route.size(); i++) {
      if (isFirstKey(route, i, among)) {
        Target target = route.target(i);
        double own = (target.upstream().streams().active() + 1.0) / target.weight();
        equals = least != null && own == load ? equals + 1 : 1;
        boolean takes = own == load && target.upstream().health().chance() * equals < 1;
        if (least == null || own < load || takes) {
          least = target.upstream();
          load = own;
        }
      }
    }
    return least;
  }

  /** By weight alone, in a sequence that keeps to the weights in every stretch of it. */
  private static Upstream spread(Route route, long among) {
    double point = route.turn() * GOLDEN;
    double left = (point - Math.floor(point)) * weight(route, among);
    Upstream last = null;
    for (int i = 0; i < route.size(); i++) {
      if (isFirstKey(route, i, among)) {
        last = route.target(i).upstream();
        left -= route.target(i).weight();
        if (left < 0) {
          return last;
        }
      }
    }
    return last;
  }

  /** The highest by hash that has not far more than its share; else the highest. */
  private static Upstream sticky(Route route, long sticky, long among) {
    long left = among;
    double weight = weight(route, among);
    long pending = pending(route, among);
    Upstream best = highest(route, sticky, among);
    Upstream next = best;
    while (next != null && overloaded(next, weightOf(route, next) / weight, pending)) {
      left = without(route, left, next);
      next = left == 0 ? null : highest(route, sticky, left);
    }
    return next == null ? best : next;
  }

  private static boolean overloaded(Upstream upstream, double share, long pending) {
    return upstream.streams().active() > MOST_OF_SHARE * share * pending + MOST_BEYOND_SHARE;
  }

  private static Upstream highest(Route route, long sticky, long among) {
    Upstream highest = null;
    double score = 0;
    for (int i = 0; i < route.size(); i++) {
      if (isFirstKey(route, i, among)) {
        Target target = route.target(i);
        double own = StickyHash.score(sticky, target.place(), target.weight());
        if (highest == null || own > score) {
          highest = target.upstream();
          score = own;
        }
      }
    }
    return highest;
  }

  /** The first of an upstream's keys that may be asked; where they are to be spread, any. */
  private static int key(Route route, long sticky, long among, Upstream upstream) {
    boolean spread = upstream.config().keyOrder() == UpstreamConfig.KeyOrder.SPREAD;
    boolean sticks = route.policy().balance() == RouteConfig.Balance.STICKY && sticky != 0;
    int best = -1;
    double score = 0;
    for (int i = 0; i < route.size(); i++) {
      Target target = route.target(i);
      if ((among >> i & 1) != 0 && target.upstream() == upstream) {
        if (!spread) {
          return i;
        }
        double own =
            sticks ? StickyHash.score(sticky, target.keyPlace(), 1) : upstream.health().chance();
        if (best < 0 || own > score) {
          best = i;
          score = own;
        }
      }
    }
    return best;
  }

  private static double weight(Route route, long among) {
    double sum = 0;
    for (int i = 0; i < route.size(); i++) {
      sum += isFirstKey(route, i, among) ? route.target(i).weight() : 0;
    }
    return sum;
  }

  private static int weightOf(Route route, Upstream upstream) {
    for (int i = 0; i < route.size(); i++) {
      if (route.target(i).upstream() == upstream) {
        return route.target(i).weight();
      }
    }
    return 0;
  }

  private static long pending(Route route, long among) {
    long sum = 0;
    for (int i = 0; i < route.size(); i++) {
      sum += isFirstKey(route, i, among) ? route.target(i).upstream().streams().active() : 0;
    }
    return sum;
  }

  private static long without(Route route, long among, Upstream upstream) {
    long left = among;
    for (int i = 0; i < route.size(); i++) {
      left &= route.target(i).upstream() == upstream ? ~(1L << i) : -1;
    }
    return left;
  }

  /**
   * Whether it may be asked, and no target before it of the same upstream: these are neighbours.
   */
  private static boolean isFirstKey(Route route, int index, long among) {
    if ((among >> index & 1) == 0) {
      return false;
    }
    Upstream upstream = route.target(index).upstream();
    for (int i = index - 1; i >= 0 && route.target(i).upstream() == upstream; i--) {
      if ((among >> i & 1) != 0) {
        return false;
      }
    }
    return true;
  }
}
