package dev.tailtap.store;

import dev.tailtap.record.Tokens;
import java.util.List;

/**
 * The sums of a time span.
 *
 * @param totals over the whole span, also where there are more groups than are listed
 * @param groups by time, oldest first, or by tokens, most first; at most 1,000
 */
public record UsageTotals(Sums totals, List<Group> groups) {
  /**
   * Sums over calls; of tokens over the calls that reported them, 0 where none did.
   *
   * @param calls of upstreams, each try of a client's call one
   * @param delivered of these whose answer the client got
   */
  public record Sums(long calls, long callsWithUsage, Tokens tokens, long delivered) {}

  /**
   * One line.
   *
   * @param key the day {@code 2026-01-31}, the hour {@code 2026-01-31T13:00:00Z}, or the name;
   *     empty where a call had none
   */
  public record Group(String key, Sums sums) {}
}
