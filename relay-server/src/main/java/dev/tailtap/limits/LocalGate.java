package dev.tailtap.limits;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Asks the buckets of this process, which answer at once. Makes nothing anew for a call, once there
 * were as many at the same time. One event loop.
 */
final class LocalGate implements Limiting {
  private static final int MOST_SPARE = 4096;

  private final Supplier<List<LimitRule>> rules;
  private final BucketKey key = new BucketKey();
  private final ArrayDeque<Reservation> spare = new ArrayDeque<>();

  LocalGate(Supplier<List<LimitRule>> rules) {
    this.rules = rules;
  }

  @Override
  public boolean any() {
    return !rules.get().isEmpty();
  }

  @Override
  public boolean needsModel(String route) {
    List<LimitRule> all = rules.get();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).needsModel(route)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean needsMaxTokens(String route) {
    List<LimitRule> all = rules.get();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).needsMaxTokens(route)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Reservation open() {
    Reservation used = spare.pollLast();
    return used == null ? new Reservation(this::takeBack) : used;
  }

  private void takeBack(Reservation closed) {
    if (spare.size() < MOST_SPARE) {
      spare.addLast(closed);
    }
  }

  @Override
  public void admit(Reservation wanted, Applicant applicant) {
    Denial why = claim(wanted);
    if (why == null) {
      applicant.admitted(wanted);
    } else {
      wanted.close(); // what the former gave is given back
      applicant.denied(why);
    }
  }

  private Denial claim(Reservation wanted) {
    List<LimitRule> all = rules.get();
    String named = wanted.facets().limit();
    boolean known = named == null;
    for (int i = 0; i < all.size(); i++) {
      LimitRule rule = all.get(i);
      known = known || rule.name().equals(named);
      Denial why = rule.matches(wanted.facets()) ? rule.claim(wanted, key) : null;
      if (why != null) {
        return why;
      }
    }
    return known ? null : new Denial(Refusal.LIMIT_UNKNOWN, 1, named, null);
  }
}
