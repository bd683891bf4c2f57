package dev.tailtap.reconcile;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Lines of a comparison in columns as wide as they need. */
final class ReportTable {
  private static final String MARK = "!"; // above the tolerance
  private static final int LABELS = 3; // aligned to the left

  private final ReconcileRequest.By by;
  private final BigDecimal tolerance;
  private final List<String[]> rows = new ArrayList<>();

  ReportTable(ReconcileRequest.By by, BigDecimal tolerance) {
    this.by = by;
    this.tolerance = tolerance;
    String model = by == ReconcileRequest.By.DAY ? "" : "model";
    String day = by == ReconcileRequest.By.MODEL ? "" : "day";
    rows.add(new String[] {day, model, "", "ours", "theirs", "difference", "%", ""});
  }

  void add(Comparison.Line line) {
    String day = by == ReconcileRequest.By.MODEL ? "" : line.key().day().toString();
    String model = line.key().model().isEmpty() ? "-" : printable(line.key().model());
    add(day, by == ReconcileRequest.By.DAY ? "" : model, line);
    for (String told : Explanation.of(line)) {
      rows.add(new String[] {told});
    }
  }

  void addTotal(Comparison.Line total) {
    boolean days = by != ReconcileRequest.By.MODEL;
    add(days ? "total" : "", days ? "" : "total", total);
  }

  private void add(String day, String model, Comparison.Line line) {
    boolean first = true;
    for (Comparison.Pair pair : line.pairs()) {
      rows.add(
          new String[] {
            first ? day : "",
            first ? model : "",
            pair.kind(),
            pair.ours().toString(),
            pair.theirs() == null ? "-" : pair.theirs().toString(),
            pair.difference() == null ? "-" : pair.difference().toString(),
            pair.percent(),
            pair.above(tolerance) ? MARK : ""
          });
      first = false;
    }
  }

  /** A client may name a model as it likes. */
  private static String printable(String model) {
    return model.replaceAll("\\p{Cntrl}", "?");
  }

  List<String> lines() {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length && row.length > 1; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      lines.add(row.length == 1 ? "    " + row[0] : line(row, widths));
    }
    return lines;
  }

  private static String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.length; i++) {
      if (widths[i] > 0) {
        String gap = " ".repeat(widths[i] - row[i].length());
        line.append(i < LABELS ? row[i] + gap : gap + row[i]).append("  ");
      }
    }
    return line.toString().stripTrailing();
  }
}
