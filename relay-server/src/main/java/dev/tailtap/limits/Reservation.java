package dev.tailtap.limits;

import dev.tailtap.record.UsageRecord;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * What one call has taken of the limits that it is under, from its admission to its end: a place
 * among the streams, a request, and tokens by estimate until it is known what it used. What the
 * first of its limits gave is given back exactly where a later one refuses. Closed once; used again
 * for another call after that. Its event loop only.
 */
public final class Reservation implements AutoCloseable {
  private static final int SLOTS = 4;

  /** One limit of which it has taken something. */
  interface Part {
    /** Of the limit. */
    String name();

    /** What a try used, in the limit's unit; below zero: that is not known. */
    double cost(UsageRecord of);

    /** Whether more may have been used than is known. */
    boolean partial(UsageRecord of);

    /** The call has not begun. */
    void giveBack(Bucket bucket, double reserved);

    /** The call is over, and has cost so much. */
    void settle(Bucket bucket, double reserved, double cost);

    /**
     * The call is over, and nobody knows what it cost.
     *
     * @param owes whether it may have cost something: then as much as was reserved
     */
    void settleUnknown(Bucket bucket, double reserved, boolean owes);

    /** What an answer may say of it; null: nothing. */
    LimitFields fields(Bucket bucket);
  }

  private final Facets facets = new Facets();
  private final Consumer<Reservation> home;
  private Part[] rules = new Part[SLOTS];
  private Bucket[] buckets = new Bucket[SLOTS];
  private double[] reserved = new double[SLOTS]; // tokens
  private double[] costs = new double[SLOTS]; // of tries that reported usage
  private boolean[] reported = new boolean[SLOTS];
  private int taken; // slots
  private boolean begun;
  private boolean owes; // a try has left that did not say what it used
  private Share share; // null: of nothing that relays share
  private String warning; // null: it is beyond no limit that only warns

  /**
   * Of nothing.
   *
   * @param home takes it back once it is closed
   */
  Reservation(Consumer<Reservation> home) {
    this.home = home;
  }

  /** What limits know of the call. */
  public Facets facets() {
    return facets;
  }

  /** One more limit has given its part. */
  void add(Part rule, Bucket bucket, double tokens) {
    if (taken == rules.length) {
      grow();
    }
    rules[taken] = rule;
    buckets[taken] = bucket;
    reserved[taken] = tokens;
    costs[taken] = 0;
    reported[taken] = false;
    taken++;
  }

  private void grow() {
    int size = 2 * taken;
    rules = Arrays.copyOf(rules, size);
    buckets = Arrays.copyOf(buckets, size);
    reserved = Arrays.copyOf(reserved, size);
    costs = Arrays.copyOf(costs, size);
    reported = Arrays.copyOf(reported, size);
  }

  /** It has this, too, of what relays share. */
  void under(Share granted) {
    share = granted;
  }

  /** The call is beyond a limit that only warns. */
  void warn(String limit, Refusal why) {
    if (warning == null) {
      warning = limit + ";" + why.code();
    }
  }

  /** The first limit that the call is beyond and that only warns, and why; null: it is within. */
  public String warning() {
    return warning;
  }

  /** What an answer may say of its limits; null: nothing. */
  public LimitFields fields() {
    LimitFields all = null;
    for (int i = 0; i < taken; i++) {
      all = LimitFields.both(all, rules[i].fields(buckets[i]));
    }
    return all == null || share == null || !share.known() ? all : share.fields();
  }

  /** The call begins: from now on it counts as a request, whatever becomes of it. */
  void begin() {
    begun = true;
  }

  /**
   * A try of the call is over.
   *
   * @param sent whether any byte of it has left
   */
  void charge(UsageRecord of, boolean sent) {
    boolean refused = of.response().status() >= 400;
    for (int i = 0; i < taken; i++) {
      double cost = rules[i].cost(of);
      if (cost >= 0) {
        costs[i] += rules[i].partial(of) ? Math.max(cost, reserved(i)) : cost;
        reported[i] = true;
      } else {
        owes |= sent && !refused;
      }
    }
  }

  private double reserved(int slot) {
    double shared = share == null ? 0 : share.reserved(rules[slot].name());
    return Math.max(reserved[slot], shared);
  }

  private void endShare() {
    if (begun) {
      for (int i = 0; i < taken; i++) {
        double cost = reported[i] ? costs[i] : owes ? Share.UNKNOWN : Share.NONE;
        share.cost(rules[i].name(), cost);
      }
      share.settle();
    } else {
      share.withdraw();
    }
    share = null;
  }

  /** Ends it: what the call cost takes the place of what was reserved. */
  @Override
  public void close() {
    if (share != null) {
      endShare();
    }
    for (int i = taken - 1; i >= 0; i--) {
      if (!begun) {
        rules[i].giveBack(buckets[i], reserved[i]);
      } else if (reported[i]) {
        rules[i].settle(buckets[i], reserved[i], costs[i]);
      } else {
        rules[i].settleUnknown(buckets[i], reserved[i], owes);
      }
      rules[i] = null;
      buckets[i] = null;
    }
    taken = 0;
    begun = false;
    owes = false;
    warning = null;
    facets.clear();
    home.accept(this);
  }
}
