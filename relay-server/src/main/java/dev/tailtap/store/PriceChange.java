package dev.tailtap.store;

import java.time.Instant;

/** One step of an import. */
public sealed interface PriceChange {
  /** A price that was not there. */
  record Added(Price price) implements PriceChange {}

  /** A price that ends then, because another follows it. */
  record Ended(long id, Price price, Instant at) implements PriceChange {}

  /** A price that was wrong, or of which another part stays: it is known no more. */
  record Withdrawn(long id, Price price) implements PriceChange {}
}
