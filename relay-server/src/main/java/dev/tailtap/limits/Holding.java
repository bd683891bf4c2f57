package dev.tailtap.limits;

import java.util.Set;
import java.util.function.LongConsumer;

/**
 * What one client's connection and its exchange hold of the relay's memory, in steps of a kibibyte.
 * Its event loop only, but for the account's thread, which reads its size and has it cut.
 */
public final class Holding {
  /** Who can be made to let go. */
  @FunctionalInterface
  public interface Holder {
    /** Lets go of everything, soon; called on a thread of the account. */
    void cut();
  }

  private static final long STEP = 1024;

  /** Who holds less is not worth cutting; in kibibytes. */
  private static final int LARGE = 4;

  private final LongConsumer charge;
  private final Set<Holding> large;
  private final Holder holder;
  private volatile int kibibytes;
  private volatile boolean cutting;
  private boolean enlisted; // among the large
  private boolean lately; // it was large, since the last sweep

  /**
   * Makes one that holds nothing yet.
   *
   * @param charge told by how many bytes it grew or, below zero, shrank
   * @param large holds it while it is worth cutting; for any thread
   */
  Holding(LongConsumer charge, Set<Holding> large, Holder holder) {
    this.charge = charge;
    this.large = large;
    this.holder = holder;
  }

  /** Notes how much is held now. */
  public void set(long now) {
    int rounded = Math.toIntExact((now + STEP - 1) / STEP);
    int before = kibibytes;
    if (cutting && rounded < LARGE) {
      cutting = false; // it has let go, and what it holds after that is something else
    }
    lately |= rounded >= LARGE;
    if (rounded == before) {
      return;
    }
    kibibytes = rounded;
    if (rounded >= LARGE && !enlisted) {
      enlisted = true;
      large.add(this);
    }
    charge.accept((rounded - before) * STEP);
  }

  /** Some time has passed: what was small all the while is no longer among the large. */
  public void sweep() {
    if (enlisted && !lately && kibibytes < LARGE) {
      delist();
    }
    lately = false;
  }

  private void delist() {
    enlisted = false;
    large.remove(this);
  }

  /** Nothing is held any more, nor will be. */
  public void close() {
    set(0);
    if (enlisted) {
      delist();
    }
  }

  public long bytes() {
    return kibibytes * STEP;
  }

  boolean cutting() {
    return cutting;
  }

  void cut() {
    cutting = true;
    holder.cut();
  }
}
