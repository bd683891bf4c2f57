package dev.tailtap.bench.report;

import java.util.List;

/** A part of a report, which every kind of page can write. */
public sealed interface Section {
  /** A headline. */
  record Headline(String text) implements Section {}

  /** Plain words. */
  record Paragraph(String text) implements Section {}

  /**
   * A table.
   *
   * @param columns their heads; all but the first hold figures
   */
  record Table(List<String> columns, List<List<String>> rows) implements Section {}

  /** Lines, of one series each, with both axes named. Only pages with pictures show them. */
  record Lines(String title, Axis x, Axis y, List<Series> series) implements Section {}

  /** Bars that are stacked of named parts, with a whisker for their spread. */
  record Bars(String title, String unit, List<String> parts, List<Bar> bars) implements Section {}

  /**
   * An axis.
   *
   * @param logarithmic whether equal ways are equal ratios
   */
  record Axis(String title, boolean logarithmic, List<Tick> ticks) {}

  /** A place on an axis with its name. */
  record Tick(double at, String name) {}

  /** A line; its color is the same number's in every picture. */
  record Series(String name, int color, List<Point> points) {}

  /** A place. */
  record Point(double x, double y) {}

  /** A bar: its parts from the bottom up, and the ends of its whisker. */
  record Bar(String name, int color, List<Double> parts, double least, double greatest) {}
}
