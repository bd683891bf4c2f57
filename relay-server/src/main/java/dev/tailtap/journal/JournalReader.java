package dev.tailtap.journal;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is durable and not committed, oldest first; always read from the segments, so that memory
 * stays the same however long the database is away. Segments that a former process left come first,
 * all of them; then its calls that began and never ended; then those of this process. One thread
 * takes and commits; others may ask how much there is.
 */
public final class JournalReader {
  private static final Logger LOG = LoggerFactory.getLogger(JournalReader.class);
  private static final int MOST_BYTES = 4 << 20;
  private static final int READS = 3;

  /** Takes the content of entries; false: it makes no sense, and its segment is to be kept. */
  public interface Taker {
    /** How a call ended. */
    boolean ended(byte[] content);

    /** How a call began that was under way when its process died. */
    boolean interrupted(byte[] content);
  }

  private record Unclosed(Segment segment, long sequence, byte[] content) {}

  private final JournalFiles files;
  private final Segments segments;
  private final Stats stats;
  private final RecordScan scan;

  /** Calls of former processes whose end has not been found; the segment is pinned for each. */
  private final Map<UUID, Unclosed> unclosed = new LinkedHashMap<>();

  private final Deque<Unclosed> interrupted = new ArrayDeque<>();
  private final Map<Segment, Integer> taken = new HashMap<>();
  private Segment reading;
  private int failedReads;
  private int endsRead;
  private boolean headerDamaged;
  private boolean caughtUp;

  private final AtomicLong takenEnds = new AtomicLong();
  private final AtomicLong takenInherited = new AtomicLong();
  private final AtomicLong committed = new AtomicLong();
  private volatile boolean inheritedRead;

  JournalReader(JournalFiles files, Segments segments, Stats stats, int longestRecord) {
    this.files = files;
    this.segments = segments;
    this.stats = stats;
    this.scan = new RecordScan(longestRecord);
    this.inheritedRead = segments.inheritedUnread() == 0;
  }

  /**
   * Hands over entries until there are so many, or there is nothing more for now. What was taken
   * counts as under way until {@link #committed}.
   *
   * @throws IOException if a segment cannot be read; what was handed over stays handed over
   */
  public int take(int atMost, Taker taker) throws IOException {
    int count = 0;
    long bytes = 0;
    while (count < atMost && bytes < MOST_BYTES) {
      byte[] content = inheritedRead ? null : takeInterrupted(taker);
      if (content == null) {
        content = takeEnd(taker);
      }
      if (content != null) {
        count++;
        bytes += content.length;
      } else if (caughtUp) {
        return count;
      }
    }
    return count;
  }

  /** Everything taken so far is in the database, or among the dead letters. */
  public void committed() {
    long entries = 0;
    for (Map.Entry<Segment, Integer> part : taken.entrySet()) {
      segments.committed(part.getKey(), part.getValue());
      entries += part.getValue();
    }
    taken.clear();
    committed.getAndAdd(entries);
  }

  /** Whether nothing is left of former processes but what was taken. Any thread. */
  public boolean inheritedTaken() {
    return inheritedRead;
  }

  /** Entries taken and not committed, and segments of former processes that are unread. */
  long underWay() {
    return takenEnds.get()
        + takenInherited.get()
        - committed.get()
        + segments.inheritedUnread()
        + (inheritedRead ? 0 : 1);
  }

  /** Entries of this process that were taken. */
  long takenEnds() {
    return takenEnds.get();
  }

  /** The next end of a call; null if a segment ended here, or there is nothing more. */
  private byte[] takeEnd(Taker taker) throws IOException {
    caughtUp = false;
    if (reading == null && !nextSegment()) {
      caughtUp = inheritedRead;
      return null;
    }
    // Asked first: what is forced after the seal does not exist.
    boolean sealed = segments.sealed(reading);
    JournalRecord record = nextRecord();
    while (record != null) {
      if (reading.inherited) {
        pair(record);
      }
      if (record.closes()) {
        endsRead++;
        hold(reading);
        keepIf(!taker.ended(record.content()), reading);
        return record.content();
      }
      record = nextRecord();
    }
    caughtUp = !sealed;
    if (sealed && reading != null) {
      // A kill in the middle of staging is none.
      finish(reading.staged ? 0 : scan.gaps() + (headerDamaged ? 1 : 0));
    }
    return null;
  }

  private boolean nextSegment() {
    Segment next = segments.nextUnread();
    if (!inheritedRead && (next == null || !next.inherited)) {
      interrupted.addAll(unclosed.values());
      unclosed.clear();
      inheritedRead = interrupted.isEmpty();
      return false;
    }
    reading = next;
    if (next != null) {
      failedReads = 0;
      endsRead = 0;
      headerDamaged = false;
      scan.start(next.file(), Segment.HEADER);
    }
    return next != null;
  }

  private JournalRecord nextRecord() throws IOException {
    try {
      if (reading.file() == null) {
        open();
      }
      return scan.next(reading.inherited ? reading.file().size() : reading.forcedEnd());
    } catch (IOException failure) {
      unreadable(failure);
      return null;
    }
  }

  private void unreadable(IOException failure) throws IOException {
    stats.count(Label.JOURNAL_FAILED_READ);
    files.verify(); // while the directory is away, nothing is given up that may come back with it
    failedReads++;
    // What this process wrote itself is never given up.
    if (!reading.inherited || failedReads < READS) {
      throw failure;
    }
    LOG.error("event=journal_unreadable file={} reason=\"{}\"", reading.name, failure.toString());
    finish(1);
  }

  private void open() throws IOException {
    JournalFile file = files.open(reading.name);
    reading.opened(file);
    scan.start(file, Segment.HEADER);
    headerDamaged = Segment.version(file) == 0;
    try {
      // A killed process leaves what it wrote to the kernel. Before anything is done upon it, it
      // must be durable: the end of a call could be acted on and then be lost with the power.
      file.force(true);
    } catch (IOException failure) {
      stats.count(Label.JOURNAL_FAILED_FORCE);
      LOG.warn(
          "event=journal_error op=force file={} reason=\"{}\"", reading.name, failure.toString());
    }
  }

  private void finish(int damages) {
    giveUp(reading.ends() - endsRead);
    if (damages > 0) {
      stats.add(Metric.JOURNAL_DAMAGE, damages);
      LOG.error("event=journal_damage file={} places={}", reading.name, damages);
    }
    segments.read(reading, damages > 0);
    reading = null;
  }

  /** Ends that were on the disk and are not: nobody may wait for them. */
  private void giveUp(int ends) {
    if (!reading.inherited && ends > 0) {
      takenEnds.getAndAdd(ends);
      committed.getAndAdd(ends);
      stats.add(Metric.JOURNAL_DAMAGE, 1);
      LOG.error("event=journal_records_lost file={} count={}", reading.name, ends);
      segments.damaged(reading);
    }
  }

  /**
   * The last beginning of a call counts, and its end makes an end of all of them. Which is the last
   * their numbers say, and not their places: what was written again into a younger segment, after a
   * fault, may break off there before the last.
   */
  private void pair(JournalRecord record) {
    Unclosed before = unclosed.get(record.call());
    if (before != null && !record.closes() && record.sequence() < before.sequence()) {
      return;
    }
    unclosed.remove(record.call());
    if (!record.closes()) {
      segments.pin(reading);
      unclosed.put(record.call(), new Unclosed(reading, record.sequence(), record.content()));
    }
    if (before != null) {
      segments.unpin(before.segment());
    }
  }

  private byte[] takeInterrupted(Taker taker) {
    Unclosed call = interrupted.poll();
    if (call == null) {
      return null;
    }
    hold(call.segment());
    segments.unpin(call.segment());
    inheritedRead = interrupted.isEmpty();
    keepIf(!taker.interrupted(call.content()), call.segment());
    return call.content();
  }

  private void keepIf(boolean unreadable, Segment segment) {
    if (unreadable) {
      stats.add(Metric.JOURNAL_DAMAGE, 1);
      segments.damaged(segment);
    }
  }

  private void hold(Segment segment) {
    segments.taken(segment, 1);
    taken.merge(segment, 1, Integer::sum);
    if (segment.inherited) {
      takenInherited.getAndIncrement();
    } else {
      takenEnds.getAndIncrement();
    }
  }
}
