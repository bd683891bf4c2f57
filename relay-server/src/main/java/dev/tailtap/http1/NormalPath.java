package dev.tailtap.http1;

/**
 * The path of a request as the most forgiving server behind us may read it: escapes decoded until
 * none is left, a backslash or an escaped slash as a slash, no parameters behind a segment's name,
 * no empty segments. For decisions only; what goes on is the path byte for byte. Immutable.
 *
 * @param text without dot segments, and its own normal form; null if there is a fault
 * @param fault why no two servers need agree about this path; null if there is no reason
 */
record NormalPath(String text, RequestFault fault) {
  private static final int MOST_ROUNDS = 3;
  private static final int DELETE = 127;

  /** Reads a path whose escapes are whole. */
  static NormalPath of(String path) {
    if (isNormal(path)) {
      return new NormalPath(path, null);
    }
    String plain = path;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      plain = decoded(plain);
    }
    if (!decoded(plain).equals(plain) || hasHiddenByte(plain)) {
      return new NormalPath(null, RequestFault.ESCAPE);
    }
    return segments(plain);
  }

  /** Whether nothing in it can be read in two ways: the usual case, without a copy. */
  private static boolean isNormal(String path) {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%' || c == '\\' || c == ';') {
        return false;
      }
      if (c == '/' && i + 1 < path.length()) {
        char next = path.charAt(i + 1);
        if (next == '/' || next == '.') {
          return false;
        }
      }
    }
    return true;
  }

  /** Decodes once; what is no escape stays. A character is a byte, here and below. */
  private static String decoded(String text) {
    int escape = text.indexOf('%');
    if (escape < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length()).append(text, 0, escape);
    for (int i = escape; i < text.length(); i++) {
      char c = text.charAt(i);
      int value = c == '%' ? escaped(text, i) : -1;
      out.append(value < 0 ? c : (char) value);
      i += value < 0 ? 0 : 2;
    }
    return out.toString();
  }

  private static int escaped(String text, int at) {
    if (at + 2 >= text.length()) {
      return -1;
    }
    int high = Character.digit(text.charAt(at + 1), 16);
    int low = Character.digit(text.charAt(at + 2), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  /**
   * A control byte, or one of those with which UTF-8 spells a character longer than it may be (RFC
   * 3629 section 3): {@code C0 AE} is a dot to whoever forgives it.
   */
  private static boolean hasHiddenByte(String plain) {
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      char next = i + 1 < plain.length() ? plain.charAt(i + 1) : 0;
      boolean overlong =
          c == 0xC0
              || c == 0xC1
              || (c == 0xE0 && next >= 0x80 && next < 0xA0)
              || (c == 0xF0 && next >= 0x80 && next < 0x90)
              || c >= 0xF8;
      if (c < ' ' || c == DELETE || overlong) {
        return true;
      }
    }
    return false;
  }

  private static NormalPath segments(String plain) {
    StringBuilder out = new StringBuilder(plain.length());
    boolean open = false; // whether the path ends with a slash
    for (int from = 0; from <= plain.length(); ) {
      int end = from;
      while (end < plain.length() && !isSlash(plain.charAt(end))) {
        end++;
      }
      String name = plain.substring(from, nameEnd(plain, from, end));
      String bare = name.strip(); // some forget a space at the end of a name
      if (bare.equals(".") || bare.equals("..")) {
        return new NormalPath(null, RequestFault.DOT_SEGMENT);
      }
      open = name.isEmpty();
      if (!open) {
        out.append('/').append(name);
      }
      from = end + 1;
    }
    return new NormalPath(open ? out.append('/').toString() : out.toString(), null);
  }

  private static boolean isSlash(char c) {
    return c == '/' || c == '\\';
  }

  /** Where what belongs to a segment, but not to its name, begins. */
  private static int nameEnd(String plain, int from, int end) {
    for (int i = from; i < end; i++) {
      char c = plain.charAt(i);
      if (c == ';' || c == '?' || c == '#') {
        return i;
      }
    }
    return end;
  }
}
