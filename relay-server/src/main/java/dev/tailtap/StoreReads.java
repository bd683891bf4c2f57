package dev.tailtap;

import dev.tailtap.admin.UsageReads;
import dev.tailtap.record.UsageState;
import dev.tailtap.store.DatabaseAwayException;
import dev.tailtap.store.GroupBy;
import dev.tailtap.store.StoredRecord;
import dev.tailtap.store.UsageQueries;
import dev.tailtap.store.UsageTotals;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The store as the admin port sees it. */
record StoreReads(UsageQueries queries) implements UsageReads {
  @Override
  public Totals stats(Instant from, Instant to, String by) throws UnavailableException {
    try {
      UsageTotals totals = queries.stats(from, to, GroupBy.valueOf(by.toUpperCase(Locale.ROOT)));
      return new Totals(
          sums(totals.totals()),
          totals.groups().stream()
              .map(group -> new Group(group.key(), sums(group.sums())))
              .toList());
    } catch (DatabaseAwayException e) {
      throw new UnavailableException(e);
    }
  }

  @Override
  public List<Map<String, Object>> records(int limit, String usageState)
      throws UnavailableException {
    UsageState state =
        usageState == null ? null : UsageState.valueOf(usageState.toUpperCase(Locale.ROOT));
    try {
      return queries.records(limit, state).stream().map(StoredRecord::columns).toList();
    } catch (DatabaseAwayException e) {
      throw new UnavailableException(e);
    }
  }

  private static Sums sums(UsageTotals.Sums sums) {
    return new Sums(
        sums.calls(),
        sums.callsWithUsage(),
        sums.tokens().prompt(),
        sums.tokens().completion(),
        sums.tokens().total());
  }
}
