package dev.tailtap.record;

/**
 * Text as PostgreSQL can hold it: NUL and lone surrogates, which a client or a provider can put
 * into a model's name, become U+FFFD. Text that is clean already, which is nearly all of it, comes
 * back as it is.
 */
public final class CleanText {
  private static final char REPLACEMENT = '\uFFFD';

  private CleanText() {}

  /** Null stays null. */
  public static String of(String text) {
    return text == null ? null : of(text, Integer.MAX_VALUE);
  }

  /**
   * Clean text of no more than so many characters; a pair of surrogates that begins before the
   * limit stays.
   */
  public static String of(String text, int limit) {
    if (text.length() <= limit && isClean(text)) {
      return text;
    }
    StringBuilder clean = new StringBuilder(Math.min(text.length(), limit));
    int i = 0;
    while (i < text.length() && clean.length() < limit) {
      int point = text.codePointAt(i);
      boolean lone = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
      clean.appendCodePoint(point == 0 || lone ? REPLACEMENT : point);
      i += Character.charCount(point);
    }
    return clean.toString();
  }

  private static boolean isClean(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
