package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;

/**
 * A limit in numbers, as this relay's part of it: what one request or token takes of a bucket's
 * time, and how much of it a bucket holds. A rate of 0 is none. Immutable.
 *
 * @param requestNanos for how long one request is in use
 * @param requestSize of a bucket, in nanoseconds
 * @param tokenNanos likewise one token, or one of what else the unit says
 * @param tokenSize of a bucket, in nanoseconds
 * @param tokenMost how much of it can be in use, debts included
 * @param streams calls at the same time
 */
record Terms(
    long requestNanos,
    long requestSize,
    double tokenNanos,
    long tokenSize,
    long tokenMost,
    int streams) {
  /** A bucket holds this part of what its rate brings in its time, unless it is said. */
  private static final int PART = 10;

  /**
   * No time is longer, 73 years of it: so neither sums of what is in use nor differences of costs
   * overflow.
   */
  private static final long MOST = Long.MAX_VALUE / 4;

  /**
   * Those of one of several relays.
   *
   * @param relays how many there are
   */
  static Terms of(LimitConfig limit, int relays) {
    long requestNanos = limit.requests() == null ? 0 : bounded(nanos(limit.requests(), relays));
    long burst = limit.requests() == null ? 0 : burst(limit);
    long bursts = burst / relays;
    long requestSize = Math.max(requestNanos, bounded((double) requestNanos * bursts));
    double tokenNanos = limit.tokens() == null ? 0 : nanos(limit.tokens(), relays);
    long window = limit.tokens() == null ? 0 : limit.tokens().window().toNanos();
    long tokenSize =
        limit.tokensBurst() == 0
            ? window / PART
            : bounded(tokenNanos * limit.tokensBurst() / relays);
    int streams = limit.streams() == 0 ? Integer.MAX_VALUE : Math.max(1, limit.streams() / relays);
    return new Terms(
        requestNanos,
        requestSize,
        tokenNanos,
        limit.tokens() == null ? 0 : Math.max(2, tokenSize),
        bounded(tokenSize + (double) window * limit.maxDebt()),
        streams);
  }

  private static long burst(LimitConfig limit) {
    return limit.requestsBurst() > 0
        ? limit.requestsBurst()
        : limit.requests().amount().longValue() / PART;
  }

  private static double nanos(LimitConfig.Rate rate, int relays) {
    return rate.window().toNanos() * (double) relays / rate.amount().doubleValue();
  }

  boolean countsRequests() {
    return requestNanos > 0;
  }

  boolean countsTokens() {
    return tokenNanos > 0;
  }

  /** How many tokens a bucket holds. */
  double tokenBurst() {
    return tokenSize / tokenNanos;
  }

  /** How many nanoseconds so many tokens are in use. */
  long nanosOf(double tokens) {
    return bounded(tokens * tokenNanos);
  }

  private static long bounded(double nanos) {
    return Math.min(MOST, Math.round(nanos));
  }
}
