package dev.tailtap.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments in the order of their entries, and what still needs them. A segment leaves once it
 * is read, everything in it committed, no call that began in it open, and no older one is left: the
 * end of a call must not go before its beginning, or a restart would take the call for an
 * interrupted one. Threads: the journal's, the writer's, the keeper's; none waits long.
 */
final class Segments {
  private final List<Segment> segments = new ArrayList<>();
  private final List<Segment> discarded = new ArrayList<>();
  private long inheritedUnread;

  synchronized void add(Segment segment) {
    segments.add(segment);
    inheritedUnread += segment.inherited ? 1 : 0;
  }

  synchronized void pin(Segment segment) {
    segment.hold().pins++;
  }

  synchronized void unpin(Segment segment) {
    segment.hold().pins--;
  }

  synchronized void seal(Segment segment) {
    segment.hold().sealed = true;
  }

  synchronized boolean sealed(Segment segment) {
    return segment.hold().sealed;
  }

  /** Takes a segment away that holds nothing that was acknowledged. */
  synchronized void discard(Segment segment) {
    segment.hold().sealed = true;
    segments.remove(segment);
    discarded.add(segment);
  }

  synchronized void taken(Segment segment, int entries) {
    segment.hold().uncommitted += entries;
  }

  synchronized void committed(Segment segment, int entries) {
    segment.hold().uncommitted -= entries;
  }

  /** The file is to be kept, under another name, when everything in it is committed. */
  synchronized void damaged(Segment segment) {
    segment.hold().damaged = true;
  }

  synchronized boolean isDamaged(Segment segment) {
    return segment.hold().damaged;
  }

  /** The reader has passed the end. */
  synchronized void read(Segment segment, boolean damaged) {
    segment.hold().read = true;
    segment.hold().damaged |= damaged;
    inheritedUnread -= segment.inherited ? 1 : 0;
  }

  /** The oldest segment that the reader has not passed; null if there is none. */
  synchronized Segment nextUnread() {
    for (Segment segment : segments) {
      if (!segment.hold().read) {
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
    return segments.stream().anyMatch(segment -> !segment.hold().sealed);
  }

  synchronized long inheritedUnread() {
    return inheritedUnread;
  }

  /** Removes and returns what nobody needs any more. */
  synchronized List<Segment> takeDisposable() {
    List<Segment> gone = new ArrayList<>(discarded);
    discarded.clear();
    while (!segments.isEmpty() && segments.get(0).hold().isOver()) {
      gone.add(segments.remove(0));
    }
    return gone;
  }

  /** Everything is committed and nothing will come: only calls that never ended keep a segment. */
  synchronized void retire() {
    for (Segment segment : segments) {
      segment.hold().sealed = true;
      segment.hold().read = true;
    }
  }

  /** The oldest segment, if nothing but calls that began in it keeps it; else null. */
  synchronized Segment keptByCallsAlone() {
    Segment first = segments.isEmpty() ? null : segments.get(0);
    return first != null && first.hold().isByPinsAlone() ? first : null;
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
        if (segment.file() != null) {
          segment.file().close();
        }
      } catch (IOException unimportant) {
        // Whatever had to be forced was forced.
      }
    }
  }
}
