package dev.tailtap.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments in the order of their entries, and what still needs them. A segment leaves once it
 * is read, everything in it settled, no call that began in it open, and no older one is left: the
 * end of a call must not go before its beginning, or a restart would take the call for an
 * interrupted one. Threads: the journal's, the writer's, that of the chores; none waits long.
 */
final class Shelf {
  private final List<Segment> segments = new ArrayList<>();
  private final List<Segment> discarded = new ArrayList<>();
  private long inheritedUnread;

  synchronized void add(Segment segment) {
    segments.add(segment);
    inheritedUnread += segment.inherited ? 1 : 0;
  }

  synchronized void pin(Segment segment) {
    segment.pins++;
  }

  synchronized void unpin(Segment segment) {
    segment.pins--;
  }

  synchronized void seal(Segment segment) {
    segment.sealed = true;
  }

  synchronized boolean sealed(Segment segment) {
    return segment.sealed;
  }

  /** Takes a segment away that holds nothing anybody was told about. */
  synchronized void discard(Segment segment) {
    segments.remove(segment);
    discarded.add(segment);
  }

  synchronized void taken(Segment segment, int entries) {
    segment.untold += entries;
  }

  synchronized void settled(Segment segment, int entries) {
    segment.untold -= entries;
  }

  /** The file is to be kept, under another name, when everything in it is settled. */
  synchronized void damaged(Segment segment) {
    segment.damaged = true;
  }

  /** The reader has passed the end. */
  synchronized void read(Segment segment, boolean damaged) {
    segment.read = true;
    segment.damaged |= damaged;
    inheritedUnread -= segment.inherited ? 1 : 0;
  }

  /** The oldest segment that the reader has not passed; null if there is none. */
  synchronized Segment nextUnread() {
    for (Segment segment : segments) {
      if (!segment.read) {
        return segment;
      }
    }
    return null;
  }

  synchronized List<Segment> all() {
    return List.copyOf(segments);
  }

  /** Whether one may still be written to. */
  synchronized boolean anyUnsealed() {
    return segments.stream().anyMatch(segment -> !segment.sealed);
  }

  synchronized long inheritedUnread() {
    return inheritedUnread;
  }

  /** Removes and returns what nobody needs any more. */
  synchronized List<Segment> takeDisposable() {
    List<Segment> gone = new ArrayList<>(discarded);
    discarded.clear();
    while (!segments.isEmpty() && segments.get(0).disposable()) {
      gone.add(segments.remove(0));
    }
    return gone;
  }

  /** Everything is settled and nothing will come: only calls that never ended keep a segment. */
  synchronized void retire() {
    for (Segment segment : segments) {
      segment.sealed = true;
      segment.read = true;
    }
  }

  /** The oldest segment, if nothing but calls that began in it keeps it; else null. */
  synchronized Segment keptByCallsAlone() {
    Segment first = segments.isEmpty() ? null : segments.get(0);
    boolean alone = first != null && first.sealed && first.read && first.untold == 0;
    return alone && first.pins > 0 ? first : null;
  }

  synchronized long bytes() {
    long bytes = 0;
    for (Segment segment : segments) {
      bytes += segment.bytes;
    }
    return bytes;
  }

  synchronized int size() {
    return segments.size();
  }

  /** When the oldest segment was made or found; {@code now} if there is none. */
  synchronized long oldestNanos(long now) {
    return segments.isEmpty() ? now : segments.get(0).bornNanos;
  }

  /** Closes the files; what they hold stays. */
  synchronized void close() {
    for (Segment segment : segments) {
      try {
        if (segment.file != null) {
          segment.file.close();
        }
      } catch (IOException unimportant) {
        // Whatever had to be forced was forced.
      }
    }
  }
}
