package dev.tailtap.usage;

import java.util.Locale;

/** A parameter of a header field: {@code value; name=token; other="quoted"} (RFC 9110 5.6.6). */
final class FieldParameter {
  private FieldParameter() {}

  /** The value before the first parameter, in small letters. */
  static String value(String field) {
    int end = field.indexOf(';');
    return (end < 0 ? field : field.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  /**
   * The parameter of this name, without its quotes.
   *
   * @param name in small letters
   * @return null if there is none, or two, of which readers take the one or the other
   */
  static String of(String field, String name) {
    String found = null;
    int at = field.indexOf(';');
    while (at >= 0 && at < field.length()) {
      int end = end(field, at + 1);
      int equals = field.indexOf('=', at);
      if (equals >= 0 && equals < end) {
        String called = field.substring(at + 1, equals).strip().toLowerCase(Locale.ROOT);
        if (called.equals(name)) {
          if (found != null) {
            return null;
          }
          found = unquoted(field.substring(equals + 1, end).strip());
        }
      }
      at = end;
    }
    return found;
  }

  /** The next semicolon that is not between quotes. */
  private static int end(String field, int from) {
    boolean quoted = false;
    int i = from;
    while (i < field.length() && (quoted || field.charAt(i) != ';')) {
      char c = field.charAt(i);
      quoted ^= c == '"';
      i += quoted && c == '\\' ? 2 : 1;
    }
    return Math.min(i, field.length());
  }

  private static String unquoted(String text) {
    int last = text.length() - 1;
    if (last < 1 || text.charAt(0) != '"' || text.charAt(last) != '"') {
      return text;
    }
    StringBuilder plain = new StringBuilder(last);
    for (int i = 1; i < last; i++) {
      i += text.charAt(i) == '\\' && i + 1 < last ? 1 : 0;
      plain.append(text.charAt(i));
    }
    return plain.toString();
  }
}
