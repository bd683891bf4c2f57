package dev.tailtap.bench.report;

/** Text among the marks of HTML and SVG. */
final class Markup {
  private Markup() {}

  /** Shows a text as it is, outside of attributes. */
  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
