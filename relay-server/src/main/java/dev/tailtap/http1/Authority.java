package dev.tailtap.http1;

/**
 * A host with or without a port, and no user (RFC 3986 section 3.2).
 *
 * @param host a name, an address of IPv4, or one of IPv6 in brackets
 * @param port its digits, at most five; empty: none is named
 */
record Authority(String host, String port) {
  private static final String MARKS = "-._~!$&'()*+,;=";
  private static final int MOST_DIGITS = 5;

  /** Reads a text; null: it is none. */
  static Authority of(String text) {
    int end = text.startsWith("[") ? endOfAddress(text) : endOfName(text);
    if (end <= 0) {
      return null;
    }
    if (end == text.length()) {
      return new Authority(text, "");
    }
    boolean port = text.charAt(end) == ':' && isPort(text, end + 1);
    return port ? new Authority(text.substring(0, end), text.substring(end + 1)) : null;
  }

  /** Whether there is such a port. */
  boolean portExists() {
    return port.isEmpty() || Integer.parseInt(port) <= 65_535;
  }

  private static int endOfName(String text) {
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '%' && at + 2 < text.length() && isHex(text, at + 1) && isHex(text, at + 2)) {
        at += 3;
      } else if (isLetter(c) || isDigit(c) || MARKS.indexOf(c) >= 0) {
        at++;
      } else {
        return at;
      }
    }
    return at;
  }

  private static int endOfAddress(String text) {
    int at = 1;
    while (at < text.length() && (isHex(text, at) || ":.".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    return at > 1 && at < text.length() && text.charAt(at) == ']' ? at + 1 : -1;
  }

  private static boolean isPort(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (!isDigit(text.charAt(i))) {
        return false;
      }
    }
    return text.length() - from <= MOST_DIGITS;
  }

  private static boolean isHex(String text, int at) {
    char c = text.charAt(at);
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
