package dev.tailtap.journal;

import dev.tailtap.stats.Label;
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
  private final Segments segments;
  private final SegmentKeeper keeper;
  private final Capacity capacity;
  private final OpenCalls calls;
  private final Ticker ticker;
  private final Stats stats;
  private final Runnable durable;
  private final CommitGroup group;

  private Segment current;

  /** The first segment that failed since the last success; it may hold what was acknowledged. */
  private Segment suspect;

  private int failures;
  private long retryAt;

  private final AtomicLong durableEnds = new AtomicLong();

  Appender(
      Queue<Entry> queue,
      JournalLimits limits,
      Segments segments,
      SegmentKeeper keeper,
      Capacity capacity,
      Ticker ticker,
      Stats stats,
      Runnable durable) {
    this.queue = queue;
    this.segments = segments;
    this.keeper = keeper;
    this.capacity = capacity;
    this.calls = new OpenCalls(segments, limits.longCall().toNanos());
    this.ticker = ticker;
    this.stats = stats;
    this.durable = durable;
    this.group = new CommitGroup(limits, calls, capacity, stats);
  }

  /** Ends of calls that are durable, since the start. Any thread. */
  long durableEnds() {
    return durableEnds.get();
  }

  /** Whether entries wait for something that the queue does not tell. */
  boolean blocked() {
    return current == null || failures > 0;
  }

  /** Whether nothing waits in memory. */
  boolean quiet() {
    return queue.isEmpty() && group.isEmpty();
  }

  /**
   * Does one round.
   *
   * @return whether there was something to do, so that another round may follow at once
   */
  boolean tick() {
    if (capacity.lost()) {
      abandon();
      return false;
    }
    if (failures > 0 && ticker.nanos() - retryAt < 0) {
      return false;
    }
    if (current == null && !nextSegment()) {
      return false;
    }
    renewAgeing();
    group.gather(queue, current, ticker.nanos());
    if (group.isEmpty()) {
      return leaveIfFull();
    }
    boolean wrote = group.unwritten();
    write(group.segmentFull());
    return wrote || current == null;
  }

  /** Puts on the disk what was only written so far. For the end of the journal. */
  void forceAll() {
    if (current != null && !group.isEmpty()) {
      write(true);
    }
  }

  /**
   * Writes the beginnings again that alone keep the oldest segment, if that is for long or the
   * budget is spent. Only while the group is empty, so that no call has its end in it.
   */
  private void renewAgeing() {
    if (group.isEmpty()) {
      long nanos = ticker.nanos();
      for (Entry opened : calls.ageing(current, capacity.budgetSpent(), nanos)) {
        if (!group.renew(opened, current, nanos)) {
          return;
        }
      }
    }
  }

  private boolean nextSegment() {
    current = keeper.takeSpare();
    keeper.request();
    capacity.starved(current == null);
    if (current == null) {
      return false;
    }
    segments.add(current);
    group.startIn(current);
    return true;
  }

  private boolean leaveIfFull() {
    boolean full = group.segmentFull();
    if (full) {
      leave();
    }
    return full;
  }

  private void leave() {
    segments.seal(current);
    current = null;
  }

  /** Lets go of a segment that may be lost; what is only in there by halves is written again. */
  private void abandon() {
    if (current != null && group.isEmpty()) {
      leave();
    } else if (current != null) {
      setAside();
    }
  }

  private void write(boolean forced) {
    Label op = Label.JOURNAL_FAILED_WRITE;
    try {
      group.write(current);
      if (failures == 0) {
        group.acknowledgeWritten();
      }
      if (failures > 0 || forced || group.forceWanted(ticker.nanos() - IDLE_FORCE_NANOS)) {
        op = Label.JOURNAL_FAILED_FORCE;
        sync();
        op = Label.JOURNAL_FAILED_VERIFY;
        current.file().verify();
        forced();
      }
    } catch (IOException failure) {
      poisoned(op, failure);
    }
  }

  private void sync() throws IOException {
    long start = ticker.nanos();
    current.file().force(false);
    stats.observe(Metric.JOURNAL_FSYNC_SECONDS, (ticker.nanos() - start) / 1e9);
  }

  private void forced() {
    // Its calls hold it before the reader can pass, and so before anybody could delete it.
    int closed = group.forcedInto(current, ticker.nanos());
    current.forced(group.end(), closed);
    durableEnds.getAndAdd(closed);
    if (failures > 0) {
      recovered();
    }
    group.acknowledgeDurable();
    durable.run();
    leaveIfFull();
  }

  private void recovered() {
    LOG.warn("event=journal_recovered failures={} segment={}", failures, current.name);
    failures = 0;
    capacity.down(false);
    if (suspect != null) {
      segments.unpin(suspect);
      suspect = null;
    }
  }

  private void poisoned(Label op, IOException failure) {
    stats.count(op);
    if (op == Label.JOURNAL_FAILED_VERIFY) {
      capacity.lost(failure.toString());
      keeper.request();
    } else {
      LOG.error(
          "event=journal_error op={} segment={} failures={} reason=\"{}\"",
          op.value(),
          current.name,
          failures + 1,
          failure.toString());
    }
    setAside();
  }

  private void setAside() {
    failures++;
    segments.seal(current);
    if (suspect == null) {
      suspect = current;
      segments.pin(suspect);
    } else {
      segments.discard(current);
    }
    current = null;
    int doublings = Math.min(Math.max(0, failures - FAILURES_UNTIL_DOWN), 5);
    long pause = failures < FAILURES_UNTIL_DOWN ? 0 : FIRST_PAUSE_NANOS << doublings;
    retryAt = ticker.nanos() + pause;
    capacity.down(failures >= FAILURES_UNTIL_DOWN);
  }
}
