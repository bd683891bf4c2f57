package dev.tailtap.journal;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records that are not on the disk yet, and their entries. They may be written already; they
 * leave when a force has succeeded, and until then can be written again elsewhere. The journal's
 * thread.
 */
final class CommitGroup {
  private static final Logger LOG = LoggerFactory.getLogger(CommitGroup.class);

  private final ByteBuffer bytes;
  private final int mostEntries;
  private final OpenCalls calls;
  private final Capacity capacity;
  private final Stats stats;
  private final List<Entry> entries = new ArrayList<>();

  /** Where in the segment the first of the bytes belongs. */
  private long start;

  /** How many of the bytes are in the file. */
  private int written;

  /** How many of the entries were acknowledged as written. */
  private int acknowledged;

  private boolean closes;
  private long sinceNanos;
  private long sequence;

  /** The segment has no room for the next entry. */
  private boolean full;

  CommitGroup(JournalLimits limits, OpenCalls calls, Capacity capacity, Stats stats) {
    this.bytes = ByteBuffer.allocateDirect(limits.groupBytes());
    this.mostEntries = limits.groupEntries();
    this.calls = calls;
    this.capacity = capacity;
    this.stats = stats;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  boolean unwritten() {
    return written < bytes.position();
  }

  /** The end of the last record in the segment. */
  long end() {
    return start;
  }

  boolean segmentFull() {
    return full;
  }

  /** From now on the records, also those that were written elsewhere, belong into this segment. */
  void startIn(Segment segment) {
    start = Segment.HEADER;
    written = 0;
    full = false;
    sequence = Math.max(sequence, segment.firstSequence());
  }

  /** Takes as much from the queue as belongs into one write and into the segment. */
  void gather(Queue<Entry> queue, Segment segment, long nowNanos) {
    Entry entry = queue.peek();
    while (entry != null
        && entries.size() < mostEntries
        && add(entry, segment, nowNanos) != Fit.LATER) {
      queue.poll();
      entry = queue.peek();
    }
  }

  private enum Fit {
    TAKEN,
    LATER,
    NEVER
  }

  private Fit add(Entry entry, Segment segment, long nowNanos) {
    int before = bytes.position();
    try {
      JournalRecord.write(bytes, sequence, entry, calls.opened(entry.call()));
    } catch (BufferOverflowException noRoom) {
      bytes.position(before);
      return before > 0 ? Fit.LATER : refuse(entry, noRoom);
    } catch (RuntimeException bug) {
      bytes.position(before);
      return refuse(entry, bug);
    }
    if (start + bytes.position() > segment.bytes) {
      bytes.position(before);
      // A record that a fresh segment has no room for would be put off for ever.
      if (start + before == Segment.HEADER) {
        return refuse(entry, null);
      }
      full = true;
      return Fit.LATER;
    }
    accept(entry, nowNanos);
    return Fit.TAKEN;
  }

  /** Adds the beginning of a call that runs for long; false: not now. */
  boolean renew(Entry opened, Segment segment, long nowNanos) {
    return entries.size() < mostEntries && add(new Renewal(opened), segment, nowNanos) == Fit.TAKEN;
  }

  private void accept(Entry entry, long nowNanos) {
    if (entries.isEmpty()) {
      sinceNanos = nowNanos;
    }
    sequence++;
    entries.add(entry);
    closes |= entry.closes();
    if (!entry.closes() && !(entry instanceof Renewal)) {
      calls.begun(entry instanceof Staging.Staged staged ? staged.of() : entry);
    }
  }

  private Fit refuse(Entry entry, RuntimeException why) {
    stats.count(Label.JOURNAL_FAILED_ENCODE);
    LOG.error("event=journal_entry_refused call={}", entry.call(), why);
    if (entry.closes()) {
      calls.ended(entry.call());
      capacity.ended(-1);
      capacity.release();
    }
    acknowledge(entry);
    return Fit.NEVER;
  }

  /** Writes what is not in the file yet. */
  void write(Segment segment) throws IOException {
    ByteBuffer rest = bytes.duplicate().limit(bytes.position()).position(written);
    while (rest.hasRemaining()) {
      segment.file().write(rest, start + rest.position());
    }
    written = bytes.position();
  }

  boolean forceWanted(long notSinceNanos) {
    boolean large = bytes.position() > bytes.capacity() / 2 || entries.size() >= mostEntries;
    return closes || large || sinceNanos - notSinceNanos < 0;
  }

  /** Acknowledges the beginnings of calls: a kill of the process cannot undo them. */
  void acknowledgeWritten() {
    for (; acknowledged < entries.size(); acknowledged++) {
      if (!entries.get(acknowledged).closes()) {
        acknowledge(entries.get(acknowledged));
      }
    }
  }

  /** Everything is durable: accounts for it; returns how many calls ended. */
  int forcedInto(Segment segment, long nowNanos) {
    int closed = 0;
    for (Entry entry : entries) {
      if (entry.closes()) {
        closed++;
        calls.ended(entry.call());
      } else {
        calls.keptBy(entry.call(), segment, nowNanos);
      }
    }
    start += bytes.position();
    bytes.clear();
    written = 0;
    closes = false;
    return closed;
  }

  /** After {@link #forcedInto}: acknowledges all that was not. */
  void acknowledgeDurable() {
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (entry.closes()) {
        capacity.release();
      }
      if (entry.closes() || i >= acknowledged) {
        acknowledge(entry);
      }
    }
    entries.clear();
    acknowledged = 0;
  }

  private static void acknowledge(Entry entry) {
    try {
      entry.acknowledge();
    } catch (RuntimeException bug) { // whoever waits for one entry must not hold up all others
      LOG.error("event=journal_callback_failed call={}", entry.call(), bug);
    }
  }

  /** The beginning of a call, written once more; nobody waits for it. */
  private record Renewal(Entry opened) implements Entry {
    @Override
    public UUID call() {
      return opened.call();
    }

    @Override
    public boolean closes() {
      return false;
    }

    @Override
    public void encode(ByteBuffer out, Entry same) {
      opened.encode(out, same);
    }

    @Override
    public void acknowledge() {}
  }
}
