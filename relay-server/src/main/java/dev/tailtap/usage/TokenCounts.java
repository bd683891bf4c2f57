package dev.tailtap.usage;

import java.util.Set;
import java.util.function.LongBinaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The numbers of one or several usage objects, by what they mean. What is not a whole number that
 * fits a long is not a count. Confined to one event loop.
 */
final class TokenCounts {
  /** Stands for a count that is not known; no count is negative. */
  static final long UNKNOWN = -1;

  /**
   * Anthropic bills these steps of a request and leaves the first out of the top level; an
   * advisor's steps have another price. Source: reference on compaction at docs.anthropic.com.
   */
  private static final Set<String> BILLED_STEPS = Set.of("message", "compaction");

  private static final int ALL = TokenKind.values().length;

  /** Numbers up to this length need no arithmetic with decimals. */
  private static final int DIGITS_OF_AN_INT = 9;

  private static final int DEPTH = 4;

  private final long[] numbers = new long[ALL];
  private final byte[] ranks = new byte[ALL]; // of the name that gave the number; 0: none did
  private boolean unreadable;

  /** The numbers of one object; of a broken one none, since half is no better. */
  static TokenCounts of(Bytes usage) {
    TokenCounts counts = new TokenCounts();
    try (JsonParser parser = UntrustedJson.parser(usage.array(), 0, usage.length())) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        TokenCounts steps = counts.readObject(parser, TokenNames.inUsage(), 0);
        if (steps != null) {
          counts.override(steps);
        }
      }
      return counts;
    } catch (JacksonException notJson) {
      TokenCounts none = new TokenCounts();
      none.unreadable = true;
      return none;
    }
  }

  /** Adds an object's numbers; where a name was known already the new number counts. */
  void override(TokenCounts later) {
    merge(later, (known, number) -> number);
  }

  /** Adds an object's numbers; where a name was known already the larger number counts. */
  void raise(TokenCounts later) {
    merge(later, Math::max);
  }

  /** The number by the first of its names that has one, or {@link #UNKNOWN}. */
  long get(TokenKind count) {
    int i = count.index();
    return ranks[i] == 0 ? UNKNOWN : numbers[i];
  }

  /** Whether an object was no JSON, or a count in it no number of tokens. */
  boolean isUnreadable() {
    return unreadable;
  }

  /** Adds a number under its name in a usage object; a name that means nothing adds none. */
  void put(String name, long number) {
    put(TokenNames.inUsage().meaning(name), number, (known, later) -> later);
  }

  private void merge(TokenCounts later, LongBinaryOperator ofOneName) {
    unreadable |= later.unreadable;
    for (int i = 0; i < ALL; i++) {
      if (later.ranks[i] != 0) {
        put(i, later.ranks[i], later.numbers[i], ofOneName);
      }
    }
  }

  private void put(int i, byte rank, long number, LongBinaryOperator ofOneName) {
    if (ranks[i] == rank) {
      numbers[i] = ofOneName.applyAsLong(numbers[i], number);
    } else if (ranks[i] == 0 || rank < ranks[i]) {
      numbers[i] = number;
      ranks[i] = rank;
    }
  }

  private void put(TokenNames.Meaning meaning, long number, LongBinaryOperator ofOneName) {
    if (meaning != null) {
      put(meaning.count().index(), (byte) (meaning.rank() + 1), number, ofOneName);
    }
  }

  /** The sums over the billed steps; null: there are none. */
  private TokenCounts readObject(JsonParser parser, TokenNames names, int depth) {
    TokenCounts steps = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.VALUE_NUMBER_INT || value == JsonToken.VALUE_NUMBER_FLOAT) {
        long number = wholeNumber(parser);
        if (number == UNKNOWN) {
          unreadable |= isACount(name);
        } else {
          put(names.meaning(name), number, (known, later) -> later);
        }
      } else if (value == JsonToken.START_OBJECT && depth < DEPTH) {
        readObject(parser, names.inObject(name), depth + 1);
      } else if (value == JsonToken.START_ARRAY && name.equals("iterations") && depth == 0) {
        steps = readSteps(parser);
      } else {
        unreadable |= value == JsonToken.VALUE_STRING && isACount(name);
        parser.skipChildren();
      }
    }
    return steps;
  }

  /** The current number; {@link #UNKNOWN} if it is negative, fractional or too large. */
  private static long wholeNumber(JsonParser parser) {
    boolean plain = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
    if (plain && parser.getStringLength() <= DIGITS_OF_AN_INT) {
      return Math.max(parser.getIntValue(), UNKNOWN);
    }
    double number = parser.getDoubleValue();
    boolean whole = number >= 0 && number < 1e15 && number == Math.rint(number);
    return whole ? (long) number : UNKNOWN;
  }

  private static boolean isACount(String name) {
    return name.endsWith("okens") || name.endsWith("ount");
  }

  /** Reads {@code iterations}: the sums over the billed steps are what the request cost. */
  private static TokenCounts readSteps(JsonParser parser) {
    TokenCounts sums = new TokenCounts();
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      TokenCounts step = new TokenCounts();
      String type = step.readStep(parser);
      if (type != null && BILLED_STEPS.contains(type)) {
        sums.merge(step, Long::sum);
      }
    }
    return sums;
  }

  private String readStep(JsonParser parser) {
    String type = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      long number = value == JsonToken.VALUE_NUMBER_INT ? wholeNumber(parser) : UNKNOWN;
      if (number != UNKNOWN) {
        put(TokenNames.inUsage().meaning(name), number, (known, later) -> later);
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
   * okens} or {@code ount}. Looked at as the events pass, so without parsing and allocation.
   */
  static boolean anyAboveZero(Bytes usage) {
    return anyAboveZero(usage.array(), 0, usage.length());
  }

  /** Whether a text that holds a usage object has a count above zero in it. */
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
