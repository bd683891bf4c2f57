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
  private final Segments segments;
  private final long longNanos;

  OpenCalls(Segments segments, long longNanos) {
    this.segments = segments;
    this.longNanos = longNanos;
  }

  /**
   * The entry that began a call, the latest if there are several; null if it did not begin here.
   */
  Entry opened(UUID id) {
    Call call = calls.get(id);
    return call == null ? null : call.opened;
  }

  /**
   * A call begins, or begins anew: this beginning takes the place of the one before, whose segment
   * is kept until this one is on the disk.
   */
  void begun(Entry opened) {
    calls.computeIfAbsent(opened.call(), id -> new Call()).opened = opened;
  }

  /** The beginning of the call is on the disk, in this segment. */
  void keptBy(UUID id, Segment segment, long nowNanos) {
    Call call = calls.get(id);
    if (call == null) {
      return;
    }
    segments.pin(segment);
    if (call.segment != null) {
      segments.unpin(call.segment);
    }
    call.segment = segment;
    call.sinceNanos = nowNanos;
  }

  void ended(UUID id) {
    Call call = calls.remove(id);
    if (call != null && call.segment != null) {
      segments.unpin(call.segment);
    }
  }

  /**
   * The beginnings that alone keep the oldest segment, if that is for long or the budget is spent;
   * mostly none.
   *
   * @param current the segment that is written to, which is kept anyway
   */
  List<Entry> ageing(Segment current, boolean pressed, long nowNanos) {
    Segment oldest = segments.keptByCallsAlone();
    if (oldest == null || oldest == current) {
      return List.of();
    }
    return keepers(oldest, pressed ? Long.MAX_VALUE : nowNanos - longNanos);
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
    private Entry opened;

    /** Null until a beginning is on the disk. */
    private Segment segment;

    private long sinceNanos;
  }
}
