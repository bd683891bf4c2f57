package dev.tailtap.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What the admin port reads from the database. Called on the port's own threads, two at a time at
 * most; may block.
 */
public interface UsageReads {

  /**
   * Sums of the calls that began in a time.
   *
   * @param from inclusive
   * @param to exclusive
   * @param by {@code day}, {@code hour}, {@code model}, {@code upstream} or {@code tenant}
   */
  Totals stats(Instant from, Instant to, String by) throws UnavailableException;

  /**
   * The latest rows, newest first, each by its columns' names.
   *
   * @param limit from 1 to 1000
   * @param usageState only rows of this state; null: all
   */
  List<Map<String, Object>> records(int limit, String usageState) throws UnavailableException;

  /** All calls of a time, and the same calls divided. */
  record Totals(Sums all, List<Group> groups) {
    public Totals {
      groups = List.copyOf(groups);
    }
  }

  /** The calls that share one day, hour, model, upstream or tenant. */
  record Group(String key, Sums sums) {}

  /** Sums over calls; tokens are those of the calls with usage. */
  record Sums(
      long calls,
      long callsWithUsage,
      long promptTokens,
      long completionTokens,
      long totalTokens) {}

  /** The database does not answer. */
  final class UnavailableException extends Exception {
    public UnavailableException(Throwable cause) {
      super(cause.getMessage(), cause);
    }
  }
}
