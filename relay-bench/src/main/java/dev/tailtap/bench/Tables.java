package dev.tailtap.bench;

import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** The two tables that each load of the real path has. */
final class Tables {
  private Tables() {}

  /** Each subject's figures, with the median, the least and the greatest round. */
  static Table of(SideBySide all, List<Figure> figures) {
    List<String> columns = new ArrayList<>(List.of(""));
    figures.forEach(
        figure -> columns.add(figure.title() + (figure.added() ? ", µs above direct" : "")));
    columns.add("driver's share");
    List<List<String>> rows = new ArrayList<>();
    boolean added = figures.stream().anyMatch(Figure::added);
    for (String name : all.names()) {
      boolean itself = added && name.equals(Subjects.DIRECT);
      List<String> row = new ArrayList<>(List.of(itself ? "direct itself:" : name));
      for (Figure figure : figures) {
        boolean above = figure.added() && !name.equals(Subjects.DIRECT);
        Spread spread =
            above ? all.above(name, Subjects.DIRECT, figure.value()) : all.of(name, figure.value());
        row.add(spread.text(figure.format()));
      }
      row.add(percent(all.of(name, SideBySide::driverShare).median()));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** One subject beside another, round by round, with the interval of the median. */
  static Table beside(SideBySide all, String own, String other, List<Figure> figures) {
    List<List<String>> rows = new ArrayList<>();
    for (Figure figure : figures) {
      if (all.has(own) && all.has(other)) {
        rows.add(
            figure.added()
                ? row(
                    figure.title() + ", µs above",
                    all.above(own, other, figure.value()),
                    Spread::micros)
                : row(
                    figure.title() + ", times",
                    all.ratio(own, other, figure.value()),
                    Spread::ratio));
      }
    }
    return new Table(
        List.of(own + " beside " + other, "median", "95 % interval of it", "least to greatest"),
        rows);
  }

  static List<String> row(String what, Spread spread, DoubleFunction<String> format) {
    return List.of(
        what,
        spread.present() ? format.apply(spread.median()) : "–",
        spread.certain(format),
        spread.present()
            ? format.apply(spread.least()) + " to " + format.apply(spread.greatest())
            : "–");
  }

  static String percent(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }
}
