package dev.tailtap.prices;

import dev.tailtap.store.Price;
import dev.tailtap.store.PriceChange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What has to be done so that the database says of a time span what a file says of it. Where the
 * file has no date and another price is there, the new one holds from an hour on, unless it is to
 * correct the old one.
 *
 * @param now the hour from which prices without a date hold, where they differ
 * @param correct the old ones were wrong from their beginning
 */
record PriceDiff(Instant now, boolean correct) {

  /** Prices of the file that hold for one thing at one time: each is a mistake. */
  static List<String> overlaps(List<Price> file) {
    List<String> found = new ArrayList<>();
    byKey(file)
        .forEach(
            (key, prices) -> {
              for (int i = 0; i < prices.size(); i++) {
                for (Price other : prices.subList(i + 1, prices.size())) {
                  if (prices.get(i).overlaps(other)) {
                    found.add(key + ": two prices hold at one time");
                  }
                }
              }
            });
    return found;
  }

  /** The changes, in the order in which they have to be made. */
  List<PriceChange> changes(List<Price> file, Map<Long, Price> database) {
    Map<Price.Key, Map<Long, Price>> there = new LinkedHashMap<>();
    database.forEach(
        (id, price) ->
            there.computeIfAbsent(price.key(), key -> new LinkedHashMap<>()).put(id, price));
    List<PriceChange> changes = new ArrayList<>();
    List<PriceChange> added = new ArrayList<>();
    byKey(file)
        .forEach((key, prices) -> of(prices, there.getOrDefault(key, Map.of()), changes, added));
    changes.addAll(added);
    return changes;
  }

  private void of(
      List<Price> file,
      Map<Long, Price> there,
      List<PriceChange> changes,
      List<PriceChange> added) {
    List<Price> wanted = new ArrayList<>();
    for (Price price : file) {
      boolean undated = price.from() == null && price.to() == null && !correct;
      boolean known =
          there.values().stream()
              .anyMatch(old -> old.costsAs(price) && (undated ? holdsNow(old) : spans(old, price)));
      if (!known) {
        boolean follows = undated && there.values().stream().anyMatch(price::overlaps);
        wanted.add(follows ? price.during(now, null) : price);
      }
    }
    wanted.forEach(price -> added.add(new PriceChange.Added(price)));
    there.forEach((id, old) -> makeRoom(id, old, wanted, changes, added));
  }

  /** What an old price says of the time before, between and after the new ones stays. */
  private static void makeRoom(
      long id, Price old, List<Price> wanted, List<PriceChange> changes, List<PriceChange> added) {
    List<Price> kept = List.of(old);
    for (Price price : wanted) {
      List<Price> left = new ArrayList<>();
      kept.forEach(part -> without(part, price, left));
      kept = left;
    }
    if (kept.equals(List.of(old))) {
      return;
    }
    boolean begins = !kept.isEmpty() && Objects.equals(kept.get(0).from(), old.from());
    changes.add(
        begins
            ? new PriceChange.Ended(id, old, kept.get(0).to())
            : new PriceChange.Withdrawn(id, old));
    kept.subList(begins ? 1 : 0, kept.size())
        .forEach(part -> added.add(new PriceChange.Added(part)));
  }

  private static void without(Price part, Price taken, List<Price> left) {
    if (!part.overlaps(taken)) {
      left.add(part);
      return;
    }
    if (taken.from() != null && (part.from() == null || part.from().isBefore(taken.from()))) {
      left.add(part.during(part.from(), taken.from()));
    }
    if (taken.to() != null && (part.to() == null || taken.to().isBefore(part.to()))) {
      left.add(part.during(taken.to(), part.to()));
    }
  }

  private boolean holdsNow(Price old) {
    return (old.from() == null || !now.isBefore(old.from()))
        && (old.to() == null || now.isBefore(old.to()));
  }

  private static boolean spans(Price old, Price price) {
    return Objects.equals(old.from(), price.from()) && Objects.equals(old.to(), price.to());
  }

  private static Map<Price.Key, List<Price>> byKey(List<Price> prices) {
    Map<Price.Key, List<Price>> byKey = new LinkedHashMap<>();
    for (Price price : prices) {
      byKey.computeIfAbsent(price.key(), key -> new ArrayList<>()).add(price);
    }
    byKey
        .values()
        .forEach(
            each ->
                each.sort(
                    Comparator.comparing(
                        Price::from, Comparator.nullsFirst(Comparator.naturalOrder()))));
    return byKey;
  }
}
