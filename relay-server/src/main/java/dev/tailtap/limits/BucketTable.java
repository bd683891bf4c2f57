package dev.tailtap.limits;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * The buckets of one limit, made as calls come, whose names nobody can trust: there are no more of
 * all limits than their {@link Room}; who comes beyond shares the bucket of the rest, so that
 * nobody is without a limit. Those that nobody uses are thrown away. Any thread.
 */
final class BucketTable {
  /** How many buckets there may be. */
  static final class Room {
    private final AtomicInteger taken = new AtomicInteger();
    private volatile int most;

    void limit(int buckets) {
      most = buckets;
    }

    private boolean take() {
      int before = taken.get();
      while (before < most) {
        if (taken.compareAndSet(before, before + 1)) {
          return true;
        }
        before = taken.get();
      }
      return false;
    }

    private void give(int count) {
      taken.getAndAdd(-count);
    }

    private boolean isHalfEmpty() {
      return taken.get() <= most / 2;
    }
  }

  private final Map<BucketKey, Bucket> buckets = new ConcurrentHashMap<>();
  private final Room room;
  private final Bucket rest; // its mean is that of all
  private volatile Terms terms;
  private volatile boolean closed;

  BucketTable(Terms terms, Room room, long now) {
    this.terms = terms;
    this.room = room;
    rest = new Bucket(terms, now);
  }

  /** From now on other terms hold, for those that there are, too. */
  void use(Terms next, long now) {
    terms = next;
    rest.use(next, now);
    buckets.values().forEach(bucket -> bucket.use(next, now));
  }

  /**
   * The bucket of a key.
   *
   * @param shared run where it is that of the rest
   */
  Bucket of(BucketKey key, long now, Runnable shared) {
    Bucket there = buckets.get(key);
    if (there != null) {
      return there;
    }
    if (closed || !room.take()) {
      shared.run();
      return rest;
    }
    Bucket made = new Bucket(terms, now);
    Bucket before = buckets.putIfAbsent(key.copy(), made);
    if (before != null) {
      room.give(1);
      return before;
    }
    return atTerms(made, now);
  }

  /**
   * Of terms that changed while it was made: who changes them has not seen it among the others.
   * Only once it can be seen is it looked at here, so that one of both sees the other.
   */
  private Bucket atTerms(Bucket made, long now) {
    for (Terms at = terms; !made.terms().equals(at); at = terms) {
      made.use(at, now);
    }
    return made;
  }

  /** Who comes beyond the room. Its mean cost is that of all calls. */
  Bucket rest() {
    return rest;
  }

  /**
   * Throws away those that are full and that nobody uses.
   *
   * @param shown whether one is to be kept all the same, so that it can be looked at, while there
   *     is room for twice as many
   */
  void evict(long now, Predicate<BucketKey> shown) {
    buckets.forEach(
        (key, bucket) -> {
          boolean kept = room.isHalfEmpty() && shown.test(key);
          if (!kept && bucket.discard(now)) {
            if (bucket.isFull(now)) {
              buckets.remove(key, bucket);
              room.give(1);
            } else {
              Bucket next = bucket.successor();
              buckets.replace(key, bucket, next);
              atTerms(next, now);
            }
          }
        });
  }

  /** The limit is gone; what is under way goes on in the buckets that it has. */
  void close() {
    closed = true;
    buckets.forEach(
        (key, bucket) -> {
          if (buckets.remove(key, bucket)) {
            room.give(1);
          }
        });
  }

  int size() {
    return buckets.size();
  }

  /** Calls under way. */
  int inside() {
    int sum = rest.inside();
    for (Bucket bucket : buckets.values()) {
      sum += bucket.inside();
    }
    return sum;
  }

  void forEach(BiConsumer<BucketKey, Bucket> what) {
    buckets.forEach(what);
  }
}
