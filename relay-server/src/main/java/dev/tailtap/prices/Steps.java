package dev.tailtap.prices;

import dev.tailtap.store.Price;

/**
 * Where a price of long prompts begins.
 *
 * @param over as in {@link Price.Key}
 */
record Steps(long over, boolean inclusive) {
  static final Steps NONE = new Steps(-1, false);

  /**
   * More tokens than these; null: the sums do not know the size. "More than 199,999" is how a list
   * writes 200,000 or more.
   */
  static Steps above(long tokens) {
    if (tokens < 0) {
      return NONE;
    }
    if (Price.STEPS.contains(tokens)) {
      return new Steps(tokens, false);
    }
    return Price.STEPS.contains(tokens + 1) ? new Steps(tokens + 1, true) : null;
  }
}
