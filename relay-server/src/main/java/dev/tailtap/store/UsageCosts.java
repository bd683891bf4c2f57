package dev.tailtap.store;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/**
 * What the calls of a time span cost, by the prices that are believed now.
 *
 * @param total over the whole span
 * @param groups by the keys of {@link UsageTotals.Group}; one that is missing here cost nothing
 */
public record UsageCosts(Cost total, Map<String, Cost> groups) {
  /** Nothing priced, nothing unpriced. */
  public static final Cost NOTHING = new Cost(List.of(), 0);

  /** The cost of one group. */
  public Cost of(String key) {
    return groups.getOrDefault(key, NOTHING);
  }

  /**
   * A cost.
   *
   * @param amounts one for each currency; none where no call has a price
   * @param unpricedCalls calls that used something without a price, which is in no amount
   */
  public record Cost(List<Amount> amounts, long unpricedCalls) {}

  /**
   * A sum of money.
   *
   * @param currency by ISO 4217
   */
  public record Amount(String currency, BigDecimal cost) {}
}
