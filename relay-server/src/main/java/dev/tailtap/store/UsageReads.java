package dev.tailtap.store;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What the admin port asks the database. Every answer is bounded in rows and in time; the calls
 * block, so no event loop may make them.
 */
public interface UsageReads {
  /** Sums and what they cost by the prices that are believed now. */
  UsageStats stats(StatsFilter filter) throws DatabaseAwayException;

  /** The latest rows of these, newest first. */
  RecordPage records(RecordFilter filter) throws DatabaseAwayException;

  /** The row of this id; empty: there is none. */
  List<StoredRecord> record(UUID id) throws DatabaseAwayException;

  /**
   * Calls by what says why their usage is there or not; the largest groups first, 1,000 at most.
   *
   * @param since when they began
   * @param most so many of them, the newest
   */
  List<CallGroup> newestGroups(Instant since, int most) throws DatabaseAwayException;

  /** How long the newest answers took to begin; the parameters likewise. */
  FirstEvents firstEvents(Instant since, int most) throws DatabaseAwayException;
}
