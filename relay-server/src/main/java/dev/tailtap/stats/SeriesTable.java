package dev.tailtap.stats;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Series by upstream and model, of which there are no more than the limit, and one more for each
 * upstream that has the rest: what strangers may call a model has no end. Any thread; who counts
 * never waits.
 */
final class SeriesTable<S> {
  /** The model of the rest. */
  static final String OTHER = "other";

  /**
   * What a series is of.
   *
   * @param operation empty where the series are not kept apart by it; so is the provider
   */
  record Key(String upstream, String model, String operation, String provider) {
    Key rest() {
      return new Key(upstream, OTHER, operation, provider);
    }
  }

  private final Map<Key, S> series = new ConcurrentHashMap<>();
  private final AtomicInteger places = new AtomicInteger(); // taken, by what is not the rest
  private final Supplier<S> fresh;

  SeriesTable(Supplier<S> fresh) {
    this.fresh = fresh;
  }

  /**
   * The series to count for.
   *
   * @param earns whether this may take a place of its own
   */
  S of(Key key, boolean earns, int limit) {
    S there = series.get(key);
    if (there != null) {
      return there;
    }
    boolean rest = key.model().equals(OTHER);
    if (!rest && !(earns && takePlace(limit))) {
      return of(key.rest(), true, limit);
    }
    S made = fresh.get();
    S before = series.putIfAbsent(key, made);
    if (before == null) {
      return made;
    }
    if (!rest) {
      places.decrementAndGet();
    }
    return before;
  }

  private boolean takePlace(int limit) {
    int taken = places.get();
    while (taken < limit) {
      if (places.compareAndSet(taken, taken + 1)) {
        return true;
      }
      taken = places.get();
    }
    return false;
  }

  /** Forgets those of other upstreams, whose places are free again. */
  void retain(Set<String> upstreams) {
    series.forEach(
        (key, of) -> {
          if (!upstreams.contains(key.upstream())) {
            remove(key, of);
          }
        });
  }

  /** Forgets all if there are more than the limit: counters that begin anew are no loss. */
  void limit(int most) {
    if (places.get() > most) {
      series.forEach(this::remove);
    }
  }

  private void remove(Key key, S of) {
    if (series.remove(key, of) && !key.model().equals(OTHER)) {
      places.decrementAndGet();
    }
  }

  void forEach(BiConsumer<Key, S> what) {
    series.forEach(what);
  }
}
