package dev.tailtap.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * The median of some rounds, and their least and greatest. Immutable.
 *
 * @param low and {@code high}: with a certainty of 95 % at least, the median of ever more such
 *     rounds lies between; NaN: there are too few rounds to say
 */
record Spread(double median, double least, double greatest, double low, double high) {
  static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);

  /** How probable it may be that the median lies beyond one end of the interval. */
  private static final double RISK = 0.025;

  static Spread of(List<Double> values) {
    List<Double> sorted = values.stream().filter(v -> !v.isNaN()).sorted().toList();
    if (sorted.isEmpty()) {
      return NONE;
    }
    int n = sorted.size();
    double median = (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    int outer = outer(n);
    double low = outer == 0 ? Double.NaN : sorted.get(outer - 1);
    double high = outer == 0 ? Double.NaN : sorted.get(n - outer);
    return new Spread(median, sorted.get(0), sorted.get(n - 1), low, high);
  }

  /**
   * How many values to count from either end, so that the two found there hold the median between
   * them: each round is above it or below as a coin falls, whatever the distribution (the sign
   * test). 0: so few rounds fall to one side too often.
   */
  private static int outer(int n) {
    double chance = Math.pow(0.5, n); // of exactly so many below
    double below = chance;
    int outer = 0;
    while (below <= RISK) {
      outer++;
      chance *= (n - outer + 1) / (double) outer;
      below += chance;
    }
    return outer;
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

  /** The interval of the median, such as {@code 8.21 to 8.60}; a dash where it is not known. */
  String certain(DoubleFunction<String> format) {
    return Double.isNaN(low) ? "–" : format.apply(low) + " to " + format.apply(high);
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

  /** Such as {@code 44,361}. */
  static String thousands(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  static String kib(double bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1024);
  }
}
