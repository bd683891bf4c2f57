package dev.tailtap.exchange;

import dev.tailtap.usage.UsageRecord;

/**
 * Where records go; the exchange knows no store. Called by all event loops, must never block. Every
 * reservation is followed by exactly one record.
 */
public interface Ledger {
  /**
   * Claims room for one record.
   *
   * @return false: there is none, so the request must not be admitted
   */
  boolean reserve();

  /** Takes over the record of an ended exchange. */
  void settle(UsageRecord record);
}
