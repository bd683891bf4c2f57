package dev.tailtap.limits;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the calls have in common that a limit does not tell apart: what they may use, how many of
 * them are under way, and what they cost of late. Who takes of it enters first and leaves at its
 * end, so that none is thrown away that is in use. Any thread.
 */
final class Bucket {
  /** How much of the mean a new cost makes. */
  private static final double WEIGHT = 1.0 / 16;

  private static final double UNKNOWN = -1;
  private static final int GONE = Integer.MIN_VALUE;

  private final Gcra requests;
  private final Gcra tokens;
  private final AtomicInteger inside = new AtomicInteger(); // GONE once it is thrown away
  private final LongAdder refused = new LongAdder();
  private volatile double mean = UNKNOWN; // an update lost is no harm
  private volatile Terms terms; // of a reload
  private volatile SharedClaims claims; // null: not made yet

  /** A full one. */
  Bucket(Terms terms, long now) {
    this.terms = terms;
    requests = new Gcra(now);
    tokens = new Gcra(now);
  }

  /** What takes the place of one that was thrown away in the moment in which it was used. */
  private Bucket(Bucket before) {
    synchronized (before) { // what is in use is by the terms that it is told with
      terms = before.terms;
      requests = new Gcra(before.requests);
      tokens = new Gcra(before.tokens);
      mean = before.mean;
    }
  }

  /** What became of a wish to enter. */
  enum Entry {
    INSIDE,
    FULL,
    /** It was thrown away: another has its place. */
    GONE
  }

  Entry enter() {
    int before = inside.get();
    while (before >= 0 && before < terms.streams()) {
      if (inside.compareAndSet(before, before + 1)) {
        return Entry.INSIDE;
      }
      before = inside.get();
    }
    return before < 0 ? Entry.GONE : Entry.FULL;
  }

  /** The same, however many are inside; false: it was thrown away. */
  boolean join() {
    int before = inside.get();
    while (before >= 0 && !inside.compareAndSet(before, before + 1)) {
      before = inside.get();
    }
    return before >= 0;
  }

  void leave() {
    inside.getAndDecrement();
  }

  /** Throws it away if nobody is inside and it is full; whether it is gone. */
  boolean discard(long now) {
    return isFull(now) && inside.compareAndSet(0, GONE);
  }

  /** What is to take the place of one that is gone: it may have been used up to that moment. */
  Bucket successor() {
    return new Bucket(this);
  }

  boolean isFull(long now) {
    return requests.used(now) == 0 && tokens.used(now) == 0;
  }

  /** Takes a request; see {@link Gcra#take}. */
  long takeRequest(long now) {
    Terms at = terms;
    return requests.take(at.requestNanos(), at.requestNanos(), at.requestSize(), now);
  }

  void giveRequest() {
    requests.give(terms.requestNanos());
  }

  /**
   * Takes so many tokens, half of what it holds at most; a little must be there even for none. See
   * {@link Gcra#take}.
   */
  long takeTokens(double count, long now) {
    Terms at = terms;
    long cost = at.nanosOf(count);
    long least = Math.min(at.tokenSize(), Math.max(1, at.nanosOf(1)));
    return tokens.take(cost, Math.max(cost, least), at.tokenSize(), now);
  }

  /** Takes a request, or what there is of one. */
  void drainRequest(long now) {
    Terms at = terms;
    requests.drain(at.requestNanos(), at.requestSize(), now);
  }

  /** Takes so many tokens, or as many as there are; how many that was. */
  double drainTokens(double count, long now) {
    Terms at = terms;
    return at.countsTokens() // a reload may have come in between
        ? tokens.drain(at.nanosOf(count), at.tokenSize(), now) / at.tokenNanos()
        : 0;
  }

  /** What was drained cost so much in truth; it never owes. */
  void settleDrained(double drained, double cost, long now) {
    Terms at = terms;
    tokens.settle(at.nanosOf(cost) - at.nanosOf(drained), at.tokenSize(), now);
  }

  void giveTokens(double count) {
    tokens.give(terms.nanosOf(count));
  }

  /**
   * What was reserved cost so much in truth.
   *
   * @return whether a part of the debt is forgiven, since it would be too large
   */
  boolean settle(double reserved, double cost, long now) {
    Terms at = terms;
    return tokens.settle(at.nanosOf(cost) - at.nanosOf(reserved), at.tokenMost(), now);
  }

  /** A call cost so much. */
  void learn(double cost) {
    double before = mean;
    mean = before < 0 ? cost : before + (cost - before) * WEIGHT;
  }

  /** What calls cost of late; below zero: nobody knows. */
  double mean() {
    return mean;
  }

  void refuse() {
    refused.increment();
  }

  /** From now on other terms hold; what is in use, debts included, is as much as before. */
  synchronized void use(Terms next, long now) {
    Terms before = terms;
    if (before.countsRequests() && next.countsRequests()) {
      requests.scale((double) next.requestNanos() / before.requestNanos(), now);
    }
    if (before.countsTokens() && next.countsTokens()) {
      tokens.scale(next.tokenNanos() / before.tokenNanos(), now);
    }
    terms = next;
  }

  /** What it is called where relays share it, as was made last; null: nothing was. */
  SharedClaims claims() {
    return claims;
  }

  void claims(SharedClaims made) {
    claims = made;
  }

  int inside() {
    return Math.max(0, inside.get());
  }

  long refused() {
    return refused.sum();
  }

  /** How many requests are in use. */
  double requestsUsed(long now) {
    Terms at = terms;
    return at.countsRequests() ? (double) requests.used(now) / at.requestNanos() : 0;
  }

  /** How many tokens are in use; more than a bucket holds is a debt. */
  double tokensUsed(long now) {
    Terms at = terms;
    return at.countsTokens() ? tokens.used(now) / at.tokenNanos() : 0;
  }

  Terms terms() {
    return terms;
  }

  /** The largest part of one of its limits that is in use. */
  double fullness(long now) {
    Terms at = terms;
    double requestPart = at.countsRequests() ? requests.used(now) / (double) at.requestSize() : 0;
    double tokenPart = at.countsTokens() ? tokens.used(now) / (double) at.tokenSize() : 0;
    return Math.max(Math.max(requestPart, tokenPart), (double) inside() / at.streams());
  }
}
