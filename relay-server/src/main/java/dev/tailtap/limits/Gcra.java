package dev.tailtap.limits;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * A bucket as one number, the time at which it will be full again (the "theoretical arrival time"
 * of ITU-T I.371, the generic cell rate algorithm): what lies between now and then is what is in
 * use. Costs are times, in nanoseconds. It may lie further ahead than the bucket is large: that is
 * a debt, which passes like everything else and is never forgiven. Any thread; nobody waits.
 */
final class Gcra {
  private static final AtomicLongFieldUpdater<Gcra> FULL_AT =
      AtomicLongFieldUpdater.newUpdater(Gcra.class, "fullAt");

  /** More than this is in use by no terms; a sum of two does not overflow. */
  private static final long MOST = Long.MAX_VALUE / 4;

  private volatile long fullAt;

  /** A full one. */
  Gcra(long now) {
    fullAt = now;
  }

  /** One that holds as much as another. */
  Gcra(Gcra like) {
    fullAt = like.fullAt;
  }

  /**
   * Takes a cost, if there is so much.
   *
   * @param need how much there must be, at least the cost
   * @param size of the bucket, at least the need: so a full one always has enough
   * @return 0: taken; else for how long it will not be there
   */
  long take(long cost, long need, long size, long now) {
    while (true) {
      long seen = fullAt;
      long from = seen - now > 0 ? seen : now;
      long wait = from - now + need - size;
      if (wait > 0) {
        return wait;
      }
      if (FULL_AT.compareAndSet(this, seen, from + cost)) {
        return 0;
      }
    }
  }

  /** Takes a cost, or as much of it as there is; how much that was. */
  long drain(long cost, long size, long now) {
    while (true) {
      long seen = fullAt;
      long from = seen - now > 0 ? seen : now;
      long taken = Math.max(0, Math.min(cost, size - (from - now)));
      if (FULL_AT.compareAndSet(this, seen, from + taken)) {
        return taken;
      }
    }
  }

  /** Gives back exactly what was taken. */
  void give(long cost) {
    FULL_AT.getAndAdd(this, -cost);
  }

  /**
   * Corrects what was taken by what it cost in truth.
   *
   * @param more below zero: it was less
   * @param most how much can be in use, debts included
   * @return whether that was reached, so that some of the debt is forgiven
   */
  boolean settle(long more, long most, long now) {
    while (true) {
      long seen = fullAt;
      long next = (more > 0 && seen - now < 0 ? now : seen) + more;
      boolean beyond = more > 0 && next - now > most;
      if (beyond) {
        next = seen - now > most ? seen : now + most;
      }
      if (FULL_AT.compareAndSet(this, seen, next)) {
        return beyond;
      }
    }
  }

  /** How much is in use. */
  long used(long now) {
    return Math.max(0, fullAt - now);
  }

  /** From now on everything takes so many times as long. */
  void scale(double factor, long now) {
    long seen;
    long used;
    do {
      seen = fullAt;
      used = Math.min(MOST, Math.round(Math.max(0, seen - now) * factor));
    } while (!FULL_AT.compareAndSet(this, seen, now + used));
  }
}
