package dev.tailtap.prices;

import dev.tailtap.store.Price;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The amounts of one price while it is read. One thread. */
final class Amounts {
  private final TreeMap<String, BigDecimal> tokens = new TreeMap<>();
  private final TreeMap<String, BigDecimal> units = new TreeMap<>();

  void token(String kind, BigDecimal amount) {
    tokens.put(kind, amount.stripTrailingZeros());
  }

  void unit(String name, BigDecimal amount) {
    units.put(name, amount.stripTrailingZeros());
  }

  boolean isEmpty() {
    return tokens.isEmpty() && units.isEmpty();
  }

  /** Where a list has no price of a narrower kind, it means that of the wider. */
  void inherit(Map<String, String> widerByNarrower) {
    widerByNarrower.forEach(
        (narrower, wider) -> {
          if (tokens.containsKey(wider)) {
            tokens.putIfAbsent(narrower, tokens.get(wider));
          }
        });
  }

  /** Whether any of them is negative. */
  boolean isNegative() {
    return List.of(tokens, units).stream()
        .flatMap(some -> some.values().stream())
        .anyMatch(amount -> amount.signum() < 0);
  }

  Price price(Price.Key key, Instant from, Instant to, String currency, String source) {
    return new Price(key, from, to, currency, tokens, units, source);
  }
}
