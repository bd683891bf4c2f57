package dev.tailtap.bench.report;

import dev.tailtap.bench.report.Section.Axis;
import dev.tailtap.bench.report.Section.Lines;
import dev.tailtap.bench.report.Section.Point;
import dev.tailtap.bench.report.Section.Series;
import dev.tailtap.bench.report.Section.Tick;
import java.util.ArrayList;
import java.util.List;

/** Draws lines over two axes, with a legend at the right. */
final class LinePlot {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 420;
  private static final int LEFT = 80;
  private static final int RIGHT = 820;
  private static final int TOP = 40;
  private static final int BOTTOM = 360;

  private LinePlot() {}

  static String svg(Lines plot) {
    Svg svg = new Svg(WIDTH, HEIGHT);
    svg.text(LEFT, 20, "start", plot.title());
    svg.text((LEFT + RIGHT) / 2.0, HEIGHT - 12, "middle", plot.x().title());
    svg.text(LEFT, TOP - 6, "end", plot.y().title());
    for (Tick tick : plot.x().ticks()) {
      double x = x(plot, tick.at());
      svg.line(x, TOP, x, BOTTOM, "#eee").text(x, BOTTOM + 18, "middle", tick.name());
    }
    for (Tick tick : plot.y().ticks()) {
      double y = y(plot, tick.at());
      svg.line(LEFT, y, RIGHT, y, "#eee").text(LEFT - 6, y + 4, "end", tick.name());
    }
    for (int i = 0; i < plot.series().size(); i++) {
      draw(svg, plot, plot.series().get(i), i);
    }
    return svg.end();
  }

  private static void draw(Svg svg, Lines plot, Series series, int index) {
    String color = Svg.color(series.color());
    List<double[]> path = new ArrayList<>();
    for (Point point : series.points()) {
      path.add(new double[] {x(plot, point.x()), y(plot, point.y())});
    }
    svg.path(path, color);
    if (path.size() < 20) {
      path.forEach(at -> svg.dot(at[0], at[1], color));
    }
    double y = TOP + 10 + 20.0 * index;
    svg.box(RIGHT + 15, y - 8, 14, 4, color, 1).text(RIGHT + 35, y, "start", series.name());
  }

  private static double x(Lines plot, double value) {
    return LEFT + share(plot.x(), value) * (RIGHT - LEFT);
  }

  private static double y(Lines plot, double value) {
    return BOTTOM - share(plot.y(), value) * (BOTTOM - TOP);
  }

  /** Where on the axis, whose ends are its first and its last tick. */
  private static double share(Axis axis, double value) {
    double from = axis.ticks().get(0).at();
    double to = axis.ticks().get(axis.ticks().size() - 1).at();
    double share =
        axis.logarithmic()
            ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
            : (value - from) / (to - from);
    return Math.max(0, Math.min(1, share));
  }
}
