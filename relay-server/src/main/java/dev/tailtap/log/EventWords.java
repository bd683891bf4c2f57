package dev.tailtap.log;

import java.util.function.BiConsumer;

/**
 * The words of a line about an event: {@code key=value} or {@code key="several words"}, with a
 * blank between them. Stateless.
 */
final class EventWords {
  private EventWords() {}

  /** Each word in its order, up to what is none. */
  static void each(String line, BiConsumer<String, String> word) {
    int at = 0;
    while (at < line.length()) {
      int value = valueAt(line, at);
      if (value < 0) {
        return;
      }
      boolean quoted = value < line.length() && line.charAt(value) == '"';
      int from = quoted ? value + 1 : value;
      int end = quoted ? quoteAfter(line, from) : blankAfter(line, from);
      if (end < 0) {
        return;
      }
      word.accept(line.substring(at, value - 1), line.substring(from, end));
      at = end + (quoted ? 2 : 1);
    }
  }

  /** Where the value of the key begins that stands here; -1: none does. */
  private static int valueAt(String line, int from) {
    int at = from;
    while (at < line.length() && isOfKey(line.charAt(at))) {
      at++;
    }
    boolean key = at > from && at < line.length() && line.charAt(at) == '=';
    return key ? at + 1 : -1;
  }

  private static boolean isOfKey(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }

  /** The quote behind which the line ends, or the next word comes: others are of the value. */
  private static int quoteAfter(String line, int from) {
    int at = line.indexOf('"', from);
    while (at >= 0 && at + 1 < line.length()) {
      if (line.charAt(at + 1) == ' ' && valueAt(line, at + 2) > 0) {
        return at;
      }
      at = line.indexOf('"', at + 1);
    }
    return at;
  }

  private static int blankAfter(String line, int from) {
    int at = line.indexOf(' ', from);
    return at < 0 ? line.length() : at;
  }
}
