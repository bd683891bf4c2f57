package dev.tailtap.bench;

import dev.tailtap.bench.BreakTrial.Climb;
import dev.tailtap.bench.MemoryTrial.Course;
import dev.tailtap.bench.report.Section.Axis;
import dev.tailtap.bench.report.Section.Bar;
import dev.tailtap.bench.report.Section.Bars;
import dev.tailtap.bench.report.Section.Lines;
import dev.tailtap.bench.report.Section.Point;
import dev.tailtap.bench.report.Section.Series;
import dev.tailtap.bench.report.Section.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import org.HdrHistogram.Histogram;

/** The report's plots, out of what was measured. */
final class Pictures {
  private static final List<Double> PERCENTILES =
      List.of(0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99);

  private Pictures() {}

  static Bars cpu(SideBySide all) {
    List<Bar> bars = new ArrayList<>();
    for (String name : all.names()) {
      Spread cpu = all.of(name, SideBySide::cpuPerEvent);
      if (!name.equals(Subjects.DIRECT) && cpu.present()) {
        double user = all.of(name, SideBySide::userPerEvent).median();
        bars.add(
            new Bar(
                name,
                Subjects.place(name),
                List.of(user / 1e3, (cpu.median() - user) / 1e3),
                cpu.least() / 1e3,
                cpu.greatest() / 1e3));
      }
    }
    return new Bars("CPU time per event", "µs", List.of("user", "system"), bars);
  }

  /** Over one in how many events is slower, as equal steps for each nine more. */
  static Lines percentiles(SideBySide all) {
    List<Series> series = new ArrayList<>();
    double most = 1_000;
    for (String name : all.names()) {
      Histogram merged = all.merged(name);
      List<Point> points = new ArrayList<>();
      for (double percentile : PERCENTILES) {
        double us = merged.getValueAtPercentile(percentile) / 1e3;
        points.add(new Point(100 / (100 - percentile), us));
        most = Math.max(most, us);
      }
      series.add(new Series(name, Subjects.place(name), points));
    }
    Axis x =
        new Axis(
            "percentile",
            true,
            List.of(
                new Tick(1, "0"),
                new Tick(2, "50"),
                new Tick(10, "90"),
                new Tick(100, "99"),
                new Tick(1_000, "99.9"),
                new Tick(10_000, "99.99")));
    Axis y = new Axis("µs", true, decades(10, most));
    return new Lines("Delay of an event from when it was due, all rounds", x, y, series);
  }

  static Lines memory(List<Course> courses) {
    List<Series> series = new ArrayList<>();
    double mostStreams = 1;
    double most = 1;
    for (Course course : courses) {
      List<Point> points = new ArrayList<>();
      for (MemoryTrial.Point point : course.points()) {
        double mib = (point.bytes() - course.idle()) / (double) (1 << 20);
        points.add(new Point(point.streams(), mib));
        mostStreams = Math.max(mostStreams, point.streams());
        most = Math.max(most, mib);
      }
      series.add(new Series(course.name(), Subjects.place(course.name()), points));
    }
    return new Lines(
        "Resident memory above idle",
        new Axis("open, quiet streams", false, even(mostStreams, n -> "%.0f".formatted(n))),
        new Axis("MiB", false, even(most, n -> "%.0f".formatted(n))),
        series);
  }

  static Lines climbs(List<Climb> climbs) {
    List<Series> series = new ArrayList<>();
    double mostStreams = 1;
    double most = 1;
    for (Climb climb : climbs) {
      List<Point> points = new ArrayList<>();
      for (BreakTrial.Step step : climb.steps()) {
        points.add(new Point(step.streams(), step.eventsPerSecond()));
        mostStreams = Math.max(mostStreams, step.streams());
        most = Math.max(most, step.eventsPerSecond());
      }
      series.add(new Series(climb.name(), Subjects.place(climb.name()), points));
    }
    return new Lines(
        "Events that arrived, until it broke",
        new Axis("streams of 50 events/s", false, even(mostStreams, n -> "%.0f".formatted(n))),
        new Axis("events/s", false, even(most, n -> "%.0fk".formatted(n / 1e3))),
        series);
  }

  private static List<Tick> decades(double from, double most) {
    List<Tick> ticks = new ArrayList<>();
    for (double at = from; ; at *= 10) {
      ticks.add(new Tick(at, "%,.0f".formatted(at)));
      if (at >= most) {
        return ticks;
      }
    }
  }

  /** Round steps from 0 to what covers the most. */
  private static List<Tick> even(double most, DoubleFunction<String> name) {
    double step = Math.pow(10, Math.floor(Math.log10(most)));
    step = most / step < 2 ? step / 5 : most / step < 5 ? step / 2 : step;
    List<Tick> ticks = new ArrayList<>();
    for (int i = 0; ; i++) {
      ticks.add(new Tick(i * step, name.apply(i * step)));
      if (i > 0 && i * step >= most) {
        return ticks;
      }
    }
  }
}
