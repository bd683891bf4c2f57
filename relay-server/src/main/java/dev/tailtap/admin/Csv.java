package dev.tailtap.admin;

import java.util.regex.Pattern;

/** Cells of a table for spreadsheets, by RFC 4180. */
final class Csv {
  private static final Pattern FORMULA = Pattern.compile("[=+@\t\r-]");
  private static final Pattern SPECIAL = Pattern.compile("[\",\r\n]");

  private Csv() {}

  /** Texts are what strangers said: to no spreadsheet may they be formulas. */
  static String cell(String said) {
    String text = FORMULA.matcher(said).lookingAt() ? "'" + said : said;
    return SPECIAL.matcher(text).find() ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
