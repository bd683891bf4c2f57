package dev.tailtap.journal;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is queued: one write and, if the end of a call is among it, one force for all of it.
 * What is not on the disk yet stays in memory. A segment whose write or force failed is never
 * touched again, for the kernel may have dropped the bytes and call the next force a success: the
 * same bytes go into the next segment. So is one that is no longer under its name, where no restart
 * would find it. The journal's thread.
 */
final class Appender {
  private static final Logger LOG = LoggerFactory.getLogger(Appender.class);
  private static final long IDLE_FORCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int FAILURES_UNTIL_DOWN = 3;

  private final Queue<Entry> queue;
  private final Shelf shelf;
  private final Chores chores;
  private final Room room;
  private final OpenCalls calls;
  private final Ticker ticker;
  private final Stats stats;
  private final Runnable durable;
  private final Tail tail;

  private Segment current;

  /** The first segment that failed since the last success; it may hold what was already told. */
  private Segment suspect;

  private int failures;
  private long retryAt;

  private final AtomicLong closedOnDisk = new AtomicLong();

  Appender(
      Queue<Entry> queue,
      JournalLimits limits,
      Shelf shelf,
      Chores chores,
      Room room,
      Ticker ticker,
      Stats stats,
      Runnable durable) {
    this.queue = queue;
    this.shelf = shelf;
    this.chores = chores;
    this.room = room;
    this.calls = new OpenCalls(shelf, limits.longCall().toNanos());
    this.ticker = ticker;
    this.stats = stats;
    this.durable = durable;
    this.tail = new Tail(limits, calls, room, stats);
  }

  /** Ends of calls that are on the disk, since the start. Any thread. */
  long closedOnDisk() {
    return closedOnDisk.get();
  }

  /** Whether entries wait for something that the queue does not tell. */
  boolean blocked() {
    return current == null || failures > 0;
  }

  /** Whether nothing waits in memory. */
  boolean quiet() {
    return queue.isEmpty() && tail.isEmpty();
  }

  /**
   * Does one round.
   *
   * @return whether there was something to do, so that another round may follow at once
   */
  boolean tick() {
    if (room.lost()) {
      abandon();
      return false;
    }
    if (failures > 0 && ticker.nanos() - retryAt < 0) {
      return false;
    }
    if (current == null && !nextSegment()) {
      return false;
    }
    calls.renewAgeing(tail, current, room.budgetSpent(), ticker.nanos());
    tail.gather(queue, current, ticker.nanos());
    if (tail.isEmpty()) {
      return leaveIfFull();
    }
    boolean wrote = tail.unwritten();
    write(tail.segmentFull());
    return wrote || current == null;
  }

  /** Puts on the disk what was only written so far. For the end of the journal. */
  void forceAll() {
    if (current != null && !tail.isEmpty()) {
      write(true);
    }
  }

  private boolean nextSegment() {
    current = chores.takeSpare();
    chores.request();
    room.starved(current == null);
    if (current == null) {
      return false;
    }
    shelf.add(current);
    tail.startIn(current);
    return true;
  }

  private boolean leaveIfFull() {
    boolean full = tail.segmentFull();
    if (full) {
      leave();
    }
    return full;
  }

  private void leave() {
    shelf.seal(current);
    current = null;
  }

  /** Lets go of a segment that may be lost; what is only in there by halves is written again. */
  private void abandon() {
    if (current != null && tail.isEmpty()) {
      leave();
    } else if (current != null) {
      setAside();
    }
  }

  private void write(boolean forced) {
    String op = "write";
    try {
      tail.write(current);
      if (failures == 0) {
        tail.tellWritten();
      }
      if (failures > 0 || forced || tail.forceWanted(ticker.nanos() - IDLE_FORCE_NANOS)) {
        op = "force";
        sync();
        op = "verify";
        current.file.verify();
        forced();
      }
    } catch (IOException failure) {
      poisoned(op, failure);
    }
  }

  private void sync() throws IOException {
    long start = ticker.nanos();
    current.file.force(false);
    stats.observe(Metric.JOURNAL_FSYNC_SECONDS, (ticker.nanos() - start) / 1e9);
  }

  private void forced() {
    // Its calls hold it before the reader can pass, and so before anybody could delete it.
    int closed = tail.settleIn(current, ticker.nanos());
    current.ends += closed;
    current.forcedEnd = tail.end();
    closedOnDisk.getAndAdd(closed);
    if (failures > 0) {
      recovered();
    }
    tail.tellForced();
    durable.run();
    leaveIfFull();
  }

  private void recovered() {
    LOG.warn("event=journal_recovered failures={} segment={}", failures, current.name);
    failures = 0;
    room.down(false);
    if (suspect != null) {
      shelf.unpin(suspect);
      suspect = null;
    }
  }

  private void poisoned(String op, IOException failure) {
    stats.add(Metric.JOURNAL_ERRORS, op, 1);
    if (op.equals("verify")) {
      room.lost(failure.toString());
      chores.request();
    } else {
      LOG.error(
          "event=journal_error op={} segment={} failures={} reason=\"{}\"",
          op,
          current.name,
          failures + 1,
          failure.toString());
    }
    setAside();
  }

  private void setAside() {
    failures++;
    shelf.seal(current);
    if (suspect == null) {
      suspect = current;
      shelf.pin(suspect);
    } else {
      shelf.discard(current);
    }
    current = null;
    int doublings = Math.min(Math.max(0, failures - FAILURES_UNTIL_DOWN), 5);
    long pause = failures < FAILURES_UNTIL_DOWN ? 0 : FIRST_PAUSE_NANOS << doublings;
    retryAt = ticker.nanos() + pause;
    room.down(failures >= FAILURES_UNTIL_DOWN);
  }
}
