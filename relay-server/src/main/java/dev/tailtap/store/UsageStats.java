package dev.tailtap.store;

import dev.tailtap.record.Tokens;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The sums of a time span and what they cost, of one look at the database.
 *
 * @param gone the hours of which a part was asked for and whose rows are no longer all there; then
 *     the rest is of no use. Empty: the sums are those of the rows
 */
public record UsageStats(UsageTotals totals, UsageCosts costs, List<Instant> gone) {
  /** Nothing but which hours have lost rows. */
  static UsageStats without(List<Instant> gone) {
    UsageTotals.Sums none = new UsageTotals.Sums(0, 0, new Tokens(0L, 0L, 0L, 0L, 0L, 0L), 0);
    return new UsageStats(
        new UsageTotals(none, List.of()), new UsageCosts(UsageCosts.NOTHING, Map.of()), gone);
  }
}
