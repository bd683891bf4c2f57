package dev.tailtap.prices;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a match clause of genai-prices is as an id or a LIKE pattern. */
final class ModelPatterns {
  private static final Pattern PLAIN_REGEX =
      Pattern.compile("\\^((?:[\\w:/@-]|\\\\[.-]|\\\\d\\{\\d\\})+)(\\$?)");
  private static final Pattern DIGITS = Pattern.compile("\\\\d\\{(\\d)\\}");

  private ModelPatterns() {}

  /** Adds the patterns of a clause; one that no pattern can say is left out and counted. */
  static void of(Object clause, List<String> patterns, PriceList list) {
    JsonTree.object(clause)
        .forEach((kind, value) -> one(String.valueOf(kind), value, patterns, list));
  }

  private static void one(String kind, Object value, List<String> patterns, PriceList list) {
    switch (kind) {
      case "or" -> JsonTree.list(value).forEach(each -> of(each, patterns, list));
      case "equals" -> exact(text(value), patterns, list);
      case "starts_with" -> patterns.add(literal(text(value)) + "%");
      case "ends_with" -> patterns.add("%" + literal(text(value)));
      case "contains" -> patterns.add("%" + literal(text(value)) + "%");
      case "regex" -> regex(String.valueOf(value), patterns, list);
      default -> list.omit("matches by " + kind);
    }
  }

  private static void exact(String id, List<String> patterns, PriceList list) {
    if (id.isEmpty() || id.contains("%")) {
      list.omit("ids with %");
    } else {
      patterns.add(id);
    }
  }

  /** A beginning, digits and an end: all else would need more than LIKE. */
  private static void regex(String regex, List<String> patterns, PriceList list) {
    Matcher plain = PLAIN_REGEX.matcher(regex);
    if (!plain.matches() || (!plain.group(2).isEmpty() && !plain.group(1).endsWith("}"))) {
      list.omit("matches by regular expressions");
      return;
    }
    StringBuilder pattern = new StringBuilder();
    Matcher digits = DIGITS.matcher(plain.group(1));
    int done = 0;
    while (digits.find()) {
      pattern.append(unescaped(plain.group(1).substring(done, digits.start())));
      pattern.append("_".repeat(Integer.parseInt(digits.group(1))));
      done = digits.end();
    }
    pattern.append(unescaped(plain.group(1).substring(done)));
    // A pattern is one by its %: with an end to it, the digits are left to stand for any rest.
    patterns.add(
        plain.group(2).isEmpty()
            ? pattern.append('%').toString()
            : pattern.toString().replaceAll("(?<!\\\\)_+$", "%"));
  }

  private static String unescaped(String regex) {
    return literal(regex.replace("\\", "").toLowerCase(Locale.ROOT));
  }

  private static String text(Object value) {
    return String.valueOf(value).toLowerCase(Locale.ROOT);
  }

  private static String literal(String text) {
    return text.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%");
  }
}
