package dev.tailtap.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The calls that have begun in this process and not ended on the disk, and the segment that each of
 * them keeps. The journal's thread.
 */
final class OpenCalls {
  private final Map<UUID, Call> calls = new HashMap<>();
  private final Shelf shelf;
  private final long longNanos;

  OpenCalls(Shelf shelf, long longNanos) {
    this.shelf = shelf;
    this.longNanos = longNanos;
  }

  /** The entry that began a call; null if it did not begin here. */
  Entry opened(UUID id) {
    Call call = calls.get(id);
    return call == null ? null : call.opened;
  }

  void begun(Entry opened) {
    calls.computeIfAbsent(opened.call(), id -> new Call(opened));
  }

  /** The beginning of the call is on the disk, in this segment. */
  void keptBy(UUID id, Segment segment, long nowNanos) {
    Call call = calls.get(id);
    if (call == null) {
      return;
    }
    shelf.pin(segment);
    if (call.segment != null) {
      shelf.unpin(call.segment);
    }
    call.segment = segment;
    call.sinceNanos = nowNanos;
  }

  void ended(UUID id) {
    Call call = calls.remove(id);
    if (call != null && call.segment != null) {
      shelf.unpin(call.segment);
    }
  }

  /**
   * Writes the beginnings again that alone keep the oldest segment, if that is for long or the
   * budget is spent. Only while the tail is empty, so that no call has its end in it.
   */
  void renewAgeing(Tail tail, Segment current, boolean pressed, long nowNanos) {
    Segment oldest = shelf.keptByCallsAlone();
    if (oldest != null && oldest != current && tail.isEmpty()) {
      long before = pressed ? Long.MAX_VALUE : nowNanos - longNanos;
      for (Entry opened : keepers(oldest, before)) {
        if (!tail.again(opened, current, nowNanos)) {
          return;
        }
      }
    }
  }

  private List<Entry> keepers(Segment segment, long sinceBefore) {
    List<Entry> keepers = new ArrayList<>();
    for (Call call : calls.values()) {
      if (call.segment == segment && call.sinceNanos < sinceBefore) {
        keepers.add(call.opened);
      }
    }
    return keepers;
  }

  private static final class Call {
    private final Entry opened;

    /** Null until the beginning is on the disk. */
    private Segment segment;

    private long sinceNanos;

    Call(Entry opened) {
      this.opened = opened;
    }
  }
}
