package dev.tailtap.store;

import java.math.BigInteger;

/** A sum of counts, which a long may not hold. */
final class CountSum {
  private BigInteger carried = BigInteger.ZERO;
  private long rest;

  /** Adds one; null adds nothing. */
  void add(Long count) {
    if (count != null) {
      add(count.longValue());
    }
  }

  /** Adds one. */
  void add(long count) {
    long sum = rest + count;
    if (((rest ^ sum) & (count ^ sum)) < 0) {
      carried = carried.add(BigInteger.valueOf(rest));
      sum = count;
    }
    rest = sum;
  }

  /** Adds another sum. */
  void add(CountSum other) {
    carried = carried.add(other.carried);
    add(other.rest);
  }

  /** The sum, in digits. */
  @Override
  public String toString() {
    return carried.add(BigInteger.valueOf(rest)).toString();
  }
}
