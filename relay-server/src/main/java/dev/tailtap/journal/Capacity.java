package dev.tailtap.journal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether one more call may be admitted: only if its record will have a place whatever
 * happens. Closes before anything can be lost and opens again by itself. Any thread asks; the
 * journal's thread and the keeper's tell.
 */
final class Capacity {
  private static final Logger LOG = LoggerFactory.getLogger(Capacity.class);

  /** Why nobody is admitted. */
  enum Shut {
    NO,
    /** The journal cannot write. */
    DOWN,
    /** There is no spare segment, as on a full disk. */
    NO_SPARE,
    /** The journal has used its budget. */
    BUDGET,
    /** The disk has too little left for others. */
    FLOOR
  }

  private final int calls;
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicLong ends = new AtomicLong();
  private volatile boolean down;
  private volatile Shut disk = Shut.NO;

  /** The files are not where they belong: what is written could not be found again. */
  private volatile boolean lost;

  /** A round of the journal's thread failed, or the thread is gone. */
  private volatile boolean broken;

  /** Entries wait for a segment. */
  private volatile boolean starved;

  Capacity(int calls) {
    this.calls = calls;
  }

  /** Claims a place for one call, to be given back by {@link #release}. */
  boolean reserve() {
    if (!open()) {
      return false;
    }
    if (held.getAndIncrement() < calls) {
      return true;
    }
    held.getAndDecrement();
    return false;
  }

  void release() {
    held.getAndDecrement();
  }

  /** An end of a call was offered, or, with -1, cannot be written and is given up. */
  void ended(int ends) {
    this.ends.getAndAdd(ends);
  }

  /** Ends of calls offered since the start. */
  long ends() {
    return ends.get();
  }

  int held() {
    return held.get();
  }

  boolean open() {
    return !down && !lost && !broken && disk == Shut.NO;
  }

  /** Whether what is offered now will be on the disk soon, as far as is known. */
  boolean isSafe() {
    return !down && !lost && !broken && !(starved && disk == Shut.NO_SPARE);
  }

  boolean lost() {
    return lost;
  }

  boolean budgetSpent() {
    return disk == Shut.BUDGET;
  }

  void down(boolean now) {
    if (down != now) {
      down = now;
      LOG.error("event=journal_{} admission={}", now ? "down" : "up", open() ? "open" : "closed");
    }
  }

  void starved(boolean now) {
    starved = now;
  }

  /** By a bug, which is logged where it is caught. */
  void broken(boolean now) {
    broken = now;
  }

  /** The files are gone or replaced; the reason says which. */
  void lost(String reason) {
    if (!lost) {
      lost = true;
      LOG.error(
          "event=journal_lost reason=\"{}\" admission=closed advice=\"put the directory back, or make it anew for the relay's user; what is not in the database is then written there again\"",
          reason);
    }
  }

  /** The files are where they belong again. */
  void found() {
    lost = false;
    LOG.warn("event=journal_found admission={}", open() ? "open" : "closed");
  }

  void disk(Shut now, long usedBytes, long freeBytes) {
    if (disk != now) {
      disk = now;
      LOG.warn(
          "event=journal_room reason={} used_bytes={} free_bytes={} admission={}",
          now,
          usedBytes,
          freeBytes,
          open() ? "open" : "closed");
    }
  }
}
