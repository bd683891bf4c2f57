package dev.tailtap.reconcile;

import dev.tailtap.record.UsageState;
import dev.tailtap.store.ModelDays;
import java.math.BigInteger;
import java.util.Map;
import java.util.TreeMap;

/** Our rows of one line: what they count, and what may tell why a provider counts otherwise. */
final class OurCalls {
  private final Map<String, Long> withoutUsage = new TreeMap<>(); // by outcome and state
  private Counts counted = Counts.NONE;
  private long rows;
  private long partial;
  private long further;
  private long undelivered;

  void add(ModelDays.Group group) {
    boolean partly = group.usageState().equals(UsageState.PARTIAL.column());
    boolean repeated = group.usageState().equals(UsageState.REPEATED.column());
    if (partly || group.usageState().equals(UsageState.FINAL.column())) {
      counted =
          counted.plus(
              new Counts(
                  BigInteger.valueOf(group.calls()),
                  orZero(group.input()),
                  orZero(group.cached()),
                  orZero(group.output())));
      partial += partly ? group.calls() : 0;
    } else {
      withoutUsage.merge(group.outcome() + " " + group.usageState(), group.calls(), Long::sum);
    }
    // A usage that another row has is of a call that this other row is.
    rows += repeated ? 0 : group.calls();
    further += group.further() ? group.calls() : 0;
    undelivered += group.undelivered() ? group.calls() : 0;
  }

  private static BigInteger orZero(BigInteger sum) {
    return sum == null ? BigInteger.ZERO : sum;
  }

  /** Of the rows that have a usage, which are all that can be compared. */
  Counts counted() {
    return counted;
  }

  boolean countsAny() {
    return counted.calls().signum() > 0;
  }

  /** Calls, with or without usage; of those that repeat another's, none. */
  BigInteger calls() {
    return BigInteger.valueOf(rows);
  }

  Map<String, Long> withoutUsage() {
    return withoutUsage;
  }

  long partial() {
    return partial;
  }

  long further() {
    return further;
  }

  long undelivered() {
    return undelivered;
  }
}
