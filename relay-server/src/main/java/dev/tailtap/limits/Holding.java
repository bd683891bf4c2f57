package dev.tailtap.limits;

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

  private final MemoryAccount account;
  private final Holder holder;
  private volatile long bytes;
  private volatile boolean cutting;
  private boolean enlisted;

  Holding(MemoryAccount account, Holder holder) {
    this.account = account;
    this.holder = holder;
  }

  /** Notes how much is held now. */
  public void set(long now) {
    long rounded = (now + STEP - 1) & -STEP;
    long before = bytes;
    if (rounded == before) {
      return;
    }
    bytes = rounded;
    if (rounded >= LARGE && !enlisted) {
      enlisted = true;
      account.enlist(this);
    }
    account.add(rounded - before);
  }

  /** Nothing is held any more, nor will be. */
  public void close() {
    set(0);
    if (enlisted) {
      enlisted = false;
      account.strike(this);
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
