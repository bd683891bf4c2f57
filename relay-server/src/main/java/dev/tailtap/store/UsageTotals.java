package dev.tailtap.store;

import java.util.List;

/**
 * The sums of a time span.
 *
 * @param totals over the whole span, also where there are more groups than are listed
 * @param groups by time, oldest first, or by tokens, most first; at most 1,000
 */
public record UsageTotals(Sums totals, List<Group> groups) {
  /** Counts and token sums; 0 where nothing was reported. */
  public record Sums(
      long calls,
      long callsWithUsage,
      long promptTokens,
      long completionTokens,
      long totalTokens) {}

  /**
   * One line.
   *
   * @param key the day {@code 2026-01-31}, the hour {@code 2026-01-31T13:00:00Z}, or the name;
   *     empty where a call had none
   */
  public record Group(String key, Sums sums) {}
}
