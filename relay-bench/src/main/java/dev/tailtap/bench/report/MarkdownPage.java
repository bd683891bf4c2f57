package dev.tailtap.bench.report;

import java.util.List;
import java.util.stream.Collectors;

/** A report's words and tables as Markdown. */
public final class MarkdownPage {
  private MarkdownPage() {}

  public static String of(String title, List<Section> sections) {
    StringBuilder out = new StringBuilder("# ").append(title).append("\n\n");
    for (Section section : sections) {
      if (section instanceof Section.Headline headline) {
        out.append("## ").append(headline.text()).append("\n\n");
      } else if (section instanceof Section.Paragraph paragraph) {
        out.append(paragraph.text()).append("\n\n");
      } else if (section instanceof Section.Table table) {
        out.append(row(table.columns())).append(rule(table.columns().size()));
        table.rows().forEach(cells -> out.append(row(cells)));
        out.append('\n');
      }
    }
    return out.toString();
  }

  private static String row(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String rule(int columns) {
    return "|---|" + "---:|".repeat(columns - 1) + "\n";
  }
}
