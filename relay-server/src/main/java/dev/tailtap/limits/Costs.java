package dev.tailtap.limits;

import dev.tailtap.record.UsageRecord;

/** What calls cost by the price table. Any thread; never blocks. */
@FunctionalInterface
public interface Costs {
  /** Of whom no price is known. */
  long UNKNOWN = -1;

  /**
   * What a call cost.
   *
   * @param currency by ISO 4217
   * @return in billionths of it; {@link #UNKNOWN}: it has no price in it
   */
  long nanos(UsageRecord call, String currency);
}
