package dev.tailtap.limits;

import java.util.List;

/**
 * A pattern of a name in which {@code *} stands for any text. Takes time by the product of both
 * lengths at worst, which are bounded. Immutable.
 */
record NamePattern(String glob) {
  /** Whether a name is there and matches. */
  boolean matches(String name) {
    return name != null && matches(glob, name);
  }

  /** Whether one of them does. */
  static boolean any(List<NamePattern> patterns, String name) {
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matches(name)) {
        return true;
      }
    }
    return false;
  }

  /** Where it fails, the last star takes one more character. */
  private static boolean matches(String glob, String name) {
    int at = 0;
    int star = -1;
    int behindStar = 0;
    int i = 0;
    while (i < name.length()) {
      if (at < glob.length() && glob.charAt(at) == '*') {
        star = at++;
        behindStar = i;
      } else if (at < glob.length() && glob.charAt(at) == name.charAt(i)) {
        at++;
        i++;
      } else if (star >= 0) {
        at = star + 1;
        i = ++behindStar;
      } else {
        return false;
      }
    }
    while (at < glob.length() && glob.charAt(at) == '*') {
      at++;
    }
    return at == glob.length();
  }
}
