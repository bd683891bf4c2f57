package dev.tailtap.bench.report;

import java.util.List;
import java.util.Locale;

/** Writes the few shapes that the plots are made of. One per picture. */
final class Svg {
  private static final List<String> COLORS =
      List.of(
          "#7a7a7a", "#2b7bba", "#74add1", "#2e8b57", "#d9a400", "#d1495b", "#f4978e", "#7b4fa3",
          "#8c564b", "#17becf");

  private final StringBuilder out = new StringBuilder();

  Svg(int width, int height) {
    out.append("<svg viewBox='0 0 %d %d' role='img'>".formatted(width, height));
  }

  static String color(int index) {
    return COLORS.get(index % COLORS.size());
  }

  Svg line(double x1, double y1, double x2, double y2, String color) {
    return add(
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>", x1, y1, x2, y2, color);
  }

  Svg box(double x, double y, double width, double height, String color, double opacity) {
    return add(
        "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s' fill-opacity='%.2f'/>",
        x, y, Math.max(0, width), Math.max(0, height), color, opacity);
  }

  Svg dot(double x, double y, String color) {
    return add("<circle cx='%.1f' cy='%.1f' r='2.5' fill='%s'/>", x, y, color);
  }

  Svg path(List<double[]> points, String color) {
    StringBuilder path = new StringBuilder();
    for (double[] point : points) {
      path.append(String.format(Locale.ROOT, "%.1f,%.1f ", point[0], point[1]));
    }
    return add("<polyline fill='none' stroke-width='1.8' stroke='%s' points='%s'/>", color, path);
  }

  /** The anchor is {@code start}, {@code middle} or {@code end}. */
  Svg text(double x, double y, String anchor, String text) {
    return add(
        "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>", x, y, anchor, Markup.escape(text));
  }

  String end() {
    return out.append("</svg>").toString();
  }

  private Svg add(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
    return this;
  }
}
