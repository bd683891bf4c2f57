package dev.tailtap.bench.report;

import java.util.List;

/** A report as one HTML file that needs nothing else: its pictures are drawn into it. */
public final class HtmlPage {
  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#1c1e21}
      h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}
      table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92em;display:block;overflow-x:auto}
      th,td{padding:.3em .8em;border-bottom:1px solid #e4e4e4;text-align:right;white-space:nowrap}
      th:first-child,td:first-child{text-align:left}
      svg{width:100%;height:auto;margin:1em 0}svg text{font:12px system-ui,sans-serif;fill:#1c1e21}
      """;

  private HtmlPage() {}

  public static String of(String title, List<Section> sections) {
    StringBuilder out = new StringBuilder("<!doctype html><html lang=en><meta charset=utf-8>");
    out.append("<meta name=viewport content='width=device-width'><title>")
        .append(Markup.escape(title));
    out.append("</title><style>").append(STYLE).append("</style><h1>").append(Markup.escape(title));
    out.append("</h1>\n");
    for (Section section : sections) {
      out.append(html(section)).append('\n');
    }
    return out.append("</html>\n").toString();
  }

  private static String html(Section section) {
    if (section instanceof Section.Headline headline) {
      return "<h2>" + Markup.escape(headline.text()) + "</h2>";
    } else if (section instanceof Section.Paragraph paragraph) {
      return "<p>" + Markup.escape(paragraph.text()) + "</p>";
    } else if (section instanceof Section.Table table) {
      return table(table);
    } else if (section instanceof Section.Lines lines) {
      return LinePlot.svg(lines);
    } else {
      return BarPlot.svg((Section.Bars) section);
    }
  }

  private static String table(Section.Table table) {
    StringBuilder out = new StringBuilder("<table><tr>");
    table.columns().forEach(cell -> out.append("<th>").append(Markup.escape(cell)));
    for (List<String> row : table.rows()) {
      out.append("<tr>");
      row.forEach(cell -> out.append("<td>").append(Markup.escape(cell)));
    }
    return out.append("</table>").toString();
  }
}
