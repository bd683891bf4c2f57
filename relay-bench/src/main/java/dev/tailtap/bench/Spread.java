package dev.tailtap.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** The median of some rounds, and their least and greatest. Immutable. */
record Spread(double median, double least, double greatest) {
  static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN);

  static Spread of(List<Double> values) {
    List<Double> sorted = values.stream().filter(v -> !v.isNaN()).sorted().toList();
    if (sorted.isEmpty()) {
      return NONE;
    }
    int n = sorted.size();
    double median = (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    return new Spread(median, sorted.get(0), sorted.get(n - 1));
  }

  boolean present() {
    return !Double.isNaN(median);
  }

  /** Such as {@code 8.36 (8.08–12.4)}; a dash where there is nothing. */
  String text(DoubleFunction<String> format) {
    if (present() && least == greatest) {
      return format.apply(median);
    }
    return present()
        ? "%s (%s–%s)".formatted(format.apply(median), format.apply(least), format.apply(greatest))
        : "–";
  }

  static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** Microseconds out of nanoseconds, three digits that count. */
  static String micros(double ns) {
    double us = ns / 1_000;
    return String.format(
        Locale.ROOT, Math.abs(us) < 10 ? "%.2f" : Math.abs(us) < 100 ? "%.1f" : "%.0f", us);
  }

  static String kib(double bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1024);
  }
}
