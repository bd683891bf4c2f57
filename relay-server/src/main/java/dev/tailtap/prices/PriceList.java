package dev.tailtap.prices;

import dev.tailtap.store.Price;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a file says: prices, what is wrong with it, and what was left out of it. One thread. */
final class PriceList {
  private final String source;
  private final List<Price> prices = new ArrayList<>();
  private final List<String> mistakes = new ArrayList<>();
  private final Map<String, Integer> omissions = new LinkedHashMap<>();

  PriceList(String source) {
    this.source = source;
  }

  /** The name that its prices carry. */
  String source() {
    return source;
  }

  void add(Price price) {
    prices.add(price);
  }

  void mistake(String text) {
    mistakes.add(text);
  }

  /** Counts something that Tailtap has no way to price. */
  void omit(String what) {
    omissions.merge(what, 1, Integer::sum);
  }

  List<Price> prices() {
    return prices;
  }

  List<String> mistakes() {
    return mistakes;
  }

  Map<String, Integer> omissions() {
    return omissions;
  }
}
