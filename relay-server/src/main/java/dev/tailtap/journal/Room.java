package dev.tailtap.journal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether one more call may be admitted: only if its record will have a place whatever
 * happens. Closes before anything can be lost and opens again by itself. Any thread asks; the
 * journal's thread and that of the chores tell.
 */
final class Room {
  private static final Logger LOG = LoggerFactory.getLogger(Room.class);

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

  Room(int calls) {
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
    return !down && disk == Shut.NO;
  }

  boolean isDown() {
    return down;
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
