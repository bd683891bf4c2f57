package dev.tailtap.reconcile;

import java.math.BigInteger;

/**
 * What is compared, as the columns of a row have it: input is all that went in, cached included.
 *
 * @param calls null: the report counts none
 */
record Counts(BigInteger calls, BigInteger input, BigInteger cached, BigInteger output) {
  static final Counts NONE =
      new Counts(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);

  Counts plus(Counts other) {
    boolean counted = calls != null && other.calls != null;
    return new Counts(
        counted ? calls.add(other.calls) : null,
        input.add(other.input),
        cached.add(other.cached),
        output.add(other.output));
  }
}
