package dev.tailtap.limits;

import dev.tailtap.record.UsageRecord;
import java.util.ArrayList;
import java.util.List;

/** What a relay has written of its calls and not seen committed; it outlives the relay. */
final class SimulatedJournal {
  private final List<Line> lines = new ArrayList<>();

  /**
   * One row.
   *
   * @param life of the relay that wrote it
   */
  record Line(UsageRecord row, int life, long nanos) {}

  void add(UsageRecord row, int life, long nanos) {
    lines.add(new Line(row, life, nanos));
  }

  /** The oldest that wait, so many at most. */
  List<Line> take(int most) {
    return List.copyOf(lines.subList(0, Math.min(most, lines.size())));
  }

  void committed(List<Line> batch) {
    lines.removeAll(batch);
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  int size() {
    return lines.size();
  }

  /** The relay dies: what was not forced to the disk by then is lost. */
  List<UsageRecord> crash(long forcedNanos) {
    List<UsageRecord> lost = new ArrayList<>();
    lines.removeIf(
        line -> {
          boolean gone = line.nanos > forcedNanos;
          if (gone) {
            lost.add(line.row);
          }
          return gone;
        });
    return lost;
  }
}
