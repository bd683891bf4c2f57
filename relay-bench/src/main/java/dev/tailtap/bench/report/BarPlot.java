package dev.tailtap.bench.report;

import dev.tailtap.bench.report.Section.Bar;
import dev.tailtap.bench.report.Section.Bars;
import java.util.Locale;

/** Draws lying bars, one below the other, each of its parts in a shade, with a whisker. */
final class BarPlot {
  private static final int WIDTH = 1000;
  private static final int LEFT = 170;
  private static final int RIGHT = 900;
  private static final int TOP = 60;
  private static final int STEP = 34;

  private BarPlot() {}

  static String svg(Bars plot) {
    double most = plot.bars().stream().mapToDouble(Bar::greatest).max().orElse(1);
    double scale = (RIGHT - LEFT) / Math.max(1e-9, most);
    Svg svg = new Svg(WIDTH, TOP + STEP * plot.bars().size() + 10);
    svg.text(LEFT, 20, "start", plot.title());
    svg.text(LEFT, 42, "start", "dark to light: " + String.join(", ", plot.parts()));
    for (int i = 0; i < plot.bars().size(); i++) {
      draw(svg, plot, plot.bars().get(i), i, scale);
    }
    return svg.end();
  }

  private static void draw(Svg svg, Bars plot, Bar bar, int index, double scale) {
    double y = TOP + STEP * index;
    double x = LEFT;
    double all = 0;
    for (int part = 0; part < bar.parts().size(); part++) {
      double width = bar.parts().get(part) * scale;
      svg.box(x, y, width, STEP - 12, Svg.color(bar.color()), 1 - 0.45 * part);
      x += width;
      all += bar.parts().get(part);
    }
    double middle = y + (STEP - 12) / 2.0;
    svg.line(LEFT + bar.least() * scale, middle, LEFT + bar.greatest() * scale, middle, "#000");
    svg.text(LEFT - 8, middle + 4, "end", bar.name());
    double behind = LEFT + Math.max(all, bar.greatest()) * scale + 8;
    svg.text(behind, middle + 4, "start", String.format(Locale.ROOT, "%.2f %s", all, plot.unit()));
  }
}
