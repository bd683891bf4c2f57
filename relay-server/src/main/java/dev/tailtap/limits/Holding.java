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

  /** Who holds less is not worth cutting. */
  private static final long LARGE = 4 * 1024;

  private final LongConsumer charge;
  private final Set<Holding> large;
  private final Holder holder;
  private volatile long bytes;
  private volatile boolean cutting;
  private boolean enlisted;

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
    long rounded = (now + STEP - 1) & -STEP;
    long before = bytes;
    if (cutting && rounded < LARGE) {
      cutting = false; // it has let go, and what it holds after that is something else
    }
    if (rounded == before) {
      return;
    }
    bytes = rounded;
    if (rounded >= LARGE && !enlisted) {
      enlisted = true;
      large.add(this);
    }
    charge.accept(rounded - before);
  }

  /** Nothing is held any more, nor will be. */
  public void close() {
    set(0);
    if (enlisted) {
      enlisted = false;
      large.remove(this);
    }
  }

  public long bytes() {
    return bytes;
  }

  boolean cutting() {
    return cutting;
  }

  void cut() {
    cutting = true;
    holder.cut();
  }
}
