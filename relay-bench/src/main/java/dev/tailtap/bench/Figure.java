package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadResult;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * A column of a table: what it says of a measurement.
 *
 * @param added it is told as what is above direct in the same round, and beside nginx as a
 *     difference and not as a ratio
 */
record Figure(
    String title,
    ToDoubleFunction<LoadResult> value,
    DoubleFunction<String> format,
    boolean added) {
  /** What is asked of every load of events. */
  static final List<Figure> OF_EVENTS =
      List.of(
          Figure.cpu("CPU per event, µs"),
          Figure.added("first byte p50", SideBySide.firstByte(50)),
          Figure.added("delay p50", SideBySide.dueDelay(50)),
          Figure.added("delay p99", SideBySide.dueDelay(99)));

  static Figure of(
      String title, ToDoubleFunction<LoadResult> value, DoubleFunction<String> format) {
    return new Figure(title, value, format, false);
  }

  /** A time that direct has too, in µs. */
  static Figure added(String title, ToDoubleFunction<LoadResult> value) {
    return new Figure(title, value, Spread::micros, true);
  }

  /** CPU time in µs, of what an event is in that load. */
  static Figure cpu(String title) {
    return of(title, SideBySide::cpuPerEvent, Spread::micros);
  }

  /** How many of what an event is in that load, in each second. */
  static Figure perSecond(String title) {
    return of(title, SideBySide::perSecond, Spread::thousands);
  }

  /** How many of what an event is in that load, in each second of CPU time. */
  static Figure perCpuSecond(String title) {
    return of(title, result -> 1e9 / SideBySide.cpuPerEvent(result), Spread::thousands);
  }
}
