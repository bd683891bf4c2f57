package dev.tailtap.store;

/**
 * Text as PostgreSQL can hold it: NUL and lone surrogates, which a client can put into a model's
 * name, become U+FFFD. Text that is clean already, which is nearly all of it, comes back as it is.
 */
final class CleanText {
  private static final char REPLACEMENT = '\uFFFD';

  private CleanText() {}

  static String of(String text) {
    if (text == null) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return cleaned(text);
      }
    }
    return text;
  }

  private static String cleaned(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int point = text.codePointAt(i);
      boolean lone = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
      clean.appendCodePoint(point == 0 || lone ? REPLACEMENT : point);
      i += Character.charCount(point);
    }
    return clean.toString();
  }
}
