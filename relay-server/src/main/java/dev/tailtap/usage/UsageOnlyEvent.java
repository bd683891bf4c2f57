package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Tells the event that carries usage alone: a JSON object whose {@code choices} are an empty list
 * and whose {@code usage} is an object. One pass without allocation, and over at the first choice.
 * Stateless.
 */
final class UsageOnlyEvent {
  private static final byte[] CHOICES = "choices".getBytes(US_ASCII);
  private static final byte[] USAGE = "usage".getBytes(US_ASCII);

  private UsageOnlyEvent() {}

  /** Whether the text between the two indexes is one. */
  static boolean is(byte[] text, int from, int to) {
    int i = afterBlanks(text, from, to);
    if (i == to || text[i] != '{') {
      return false;
    }
    boolean usage = false;
    boolean noChoices = false;
    do {
      int name = afterBlanks(text, i + 1, to);
      int nameEnd = name < to && text[name] == '"' ? stringEnd(text, name + 1, to) : to;
      int colon = afterBlanks(text, Math.min(nameEnd + 1, to), to);
      if (colon == to || text[colon] != ':') {
        return false;
      }
      int value = afterBlanks(text, colon + 1, to);
      int end = valueEnd(text, value, to);
      if (is(text, name + 1, nameEnd, CHOICES)) {
        noChoices = isEmptyList(text, value, end);
        if (!noChoices) {
          return false;
        }
      }
      usage |= is(text, name + 1, nameEnd, USAGE) && value < to && text[value] == '{';
      i = afterBlanks(text, end, to);
    } while (i < to && text[i] == ',');
    boolean closed = i < to && text[i] == '}' && afterBlanks(text, i + 1, to) == to;
    return closed && usage && noChoices;
  }

  private static boolean is(byte[] text, int from, int to, byte[] name) {
    return Arrays.equals(text, from, to, name, 0, name.length);
  }

  private static boolean isEmptyList(byte[] text, int from, int to) {
    int end = from < to && text[from] == '[' ? afterBlanks(text, from + 1, to) : to;
    return end < to && text[end] == ']' && afterBlanks(text, end + 1, to) == to;
  }

  private static int afterBlanks(byte[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] <= ' ' && text[i] >= 0) {
      i++;
    }
    return i;
  }

  /** The index of the quote that ends the string; {@code to}: there is none. */
  private static int stringEnd(byte[] text, int from, int to) {
    int i = StringEnds.next(text, from, to);
    while (i < to && text[i] != '"') {
      i = StringEnds.next(text, Math.min(text[i] == '\\' ? i + 2 : i + 1, to), to);
    }
    return i;
  }

  /** The index after a value; {@code to} if it does not end. */
  private static int valueEnd(byte[] text, int from, int to) {
    int open = 0;
    int i = from;
    while (i < to) {
      byte b = text[i];
      if (b == '"') {
        i = Math.min(stringEnd(text, i + 1, to), to - 1);
      } else if (b == '{' || b == '[') {
        open++;
      } else if (b == '}' || b == ']') {
        open--;
      } else if (b == ',' && open == 0) {
        return i;
      }
      if (open < 0) {
        return i;
      }
      i++;
    }
    return to;
  }
}
