package dev.tailtap.usage;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The numbers of one or several usage objects, by the provider's own names: {@code prompt_tokens},
 * {@code prompt_tokens_details.cached_tokens}. What is not a whole number that fits a long is not a
 * count. Confined to one event loop.
 */
final class Counts {
  /**
   * Anthropic bills these steps of a request and leaves the first out of the top level; an
   * advisor's steps have another price. Source: reference on compaction at docs.anthropic.com.
   */
  private static final Set<String> BILLED_STEPS = Set.of("message", "compaction");

  /** Numbers up to this length need no arithmetic with decimals. */
  private static final int DIGITS_OF_AN_INT = 9;

  private Map<String, Long> numbers = Map.of();
  private boolean unreadable;

  /** Adds an object's numbers; where a name was known already the new number counts. */
  void override(Bytes usage) {
    Map<String, Long> found = read(usage);
    if (numbers.isEmpty()) {
      numbers = found;
    } else {
      numbers.putAll(found);
    }
  }

  /** Adds an object's numbers; where a name was known already the larger number counts. */
  void raise(Bytes usage) {
    Map<String, Long> found = read(usage);
    numbers.forEach((name, number) -> found.merge(name, number, Math::max));
    numbers = found;
  }

  /** The number of the first of these names that has one; null: none. */
  Long first(String... names) {
    for (String name : names) {
      Long number = numbers.get(name);
      if (number != null) {
        return number;
      }
    }
    return null;
  }

  /** Whether an object was no JSON, or a count in it no number of tokens. */
  boolean isUnreadable() {
    return unreadable;
  }

  private Map<String, Long> read(Bytes usage) {
    Map<String, Long> found = new HashMap<>();
    Map<String, Long> steps = new HashMap<>(0);
    try (JsonParser parser = JsonText.parser(usage.array(), 0, usage.length())) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        readObject(parser, "", found, steps);
      }
    } catch (JacksonException notJson) {
      unreadable = true;
      return new HashMap<>(); // half of a broken object is no better than none
    }
    found.putAll(steps);
    return found;
  }

  private void readObject(
      JsonParser parser, String prefix, Map<String, Long> found, Map<String, Long> steps) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.VALUE_NUMBER_INT || value == JsonToken.VALUE_NUMBER_FLOAT) {
        Long number = wholeNumber(parser);
        if (number == null) {
          unreadable |= isACount(name);
        } else {
          found.put(prefix + name, number);
        }
      } else if (value == JsonToken.START_OBJECT && prefix.length() < 64) {
        readObject(parser, prefix + name + '.', found, steps);
      } else if (value == JsonToken.START_ARRAY && name.equals("iterations") && prefix.isEmpty()) {
        readSteps(parser, steps);
      } else {
        unreadable |= value == JsonToken.VALUE_STRING && isACount(name);
        parser.skipChildren();
      }
    }
  }

  /** The current number; null if it is negative, fractional or too large for a count. */
  private static Long wholeNumber(JsonParser parser) {
    boolean plain = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
    if (plain && parser.getStringLength() <= DIGITS_OF_AN_INT) {
      int number = parser.getIntValue();
      return number < 0 ? null : Long.valueOf(number);
    }
    double number = parser.getDoubleValue();
    boolean whole = number >= 0 && number < 1e15 && number == Math.rint(number);
    return whole ? Long.valueOf((long) number) : null;
  }

  private static boolean isACount(String name) {
    return name.endsWith("okens") || name.endsWith("ount");
  }

  /** Reads {@code iterations}: the sums over the billed steps are what the request cost. */
  private static void readSteps(JsonParser parser, Map<String, Long> sums) {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      Map<String, Long> step = new HashMap<>();
      String type = readStep(parser, step);
      if (type != null && BILLED_STEPS.contains(type)) {
        step.forEach((name, number) -> sums.merge(name, number, Long::sum));
      }
    }
  }

  private static String readStep(JsonParser parser, Map<String, Long> step) {
    String type = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      Long number = value == JsonToken.VALUE_NUMBER_INT ? wholeNumber(parser) : null;
      if (number != null) {
        step.put(name, number);
      } else if (value == JsonToken.VALUE_STRING && name.equals("type")) {
        type = parser.getString();
      } else {
        parser.skipChildren();
      }
    }
    return type;
  }

  /**
   * Whether a usage object's text has a count above zero: an integer whose key ends in {@code
   * okens} or {@code ount}. Looked at as the frames pass, so without parsing and allocation.
   */
  static boolean anyAboveZero(Bytes usage) {
    return anyAboveZero(usage.array(), 0, usage.length());
  }

  /** The same of any text that holds such an object. */
  static boolean anyAboveZero(byte[] text, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (text[i] == ':' && endsLikeACount(text, i) && startsAboveZero(text, i + 1, to)) {
        return true;
      }
    }
    return false;
  }

  private static boolean endsLikeACount(byte[] text, int colon) {
    int i = colon - 1;
    while (i > 0 && text[i] <= ' ') {
      i--;
    }
    return i > 6 && text[i] == '"' && (ends(text, i, "okens") || ends(text, i, "ount"));
  }

  private static boolean ends(byte[] text, int end, String tail) {
    int start = end - tail.length();
    for (int i = 0; i < tail.length(); i++) {
      if (text[start + i] != tail.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean startsAboveZero(byte[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] <= ' ') {
      i++;
    }
    return i < to && text[i] >= '1' && text[i] <= '9';
  }
}
