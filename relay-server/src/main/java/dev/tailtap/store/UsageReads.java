package dev.tailtap.store;

import dev.tailtap.record.UsageState;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What the admin port asks the database. Every answer is bounded in rows and in time; the calls
 * block, so no event loop may make them.
 */
public interface UsageReads {
  /**
   * Sums from the hourly rollup.
   *
   * @param from rounded down to the hour; null: from the beginning
   * @param to rounded up to the hour, exclusive; null: to the end
   */
  UsageTotals stats(Instant from, Instant to, GroupBy by) throws DatabaseAwayException;

  /**
   * What these sums cost, by the prices that are believed now.
   *
   * @param keys the groups that are asked for
   */
  UsageCosts costs(Instant from, Instant to, GroupBy by, List<String> keys)
      throws DatabaseAwayException;

  /**
   * The latest rows, newest first.
   *
   * @param limit 1 to 1,000; anything else is moved to the nearer end
   * @param state only rows whose usage was found so; null: all
   */
  List<StoredRecord> records(int limit, UsageState state) throws DatabaseAwayException;

  /** The row of this id; empty: there is none. */
  List<StoredRecord> record(UUID id) throws DatabaseAwayException;
}
