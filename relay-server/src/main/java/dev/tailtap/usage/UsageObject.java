package dev.tailtap.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the counts of one usage object: those at its top, in the objects of it, in the lists that
 * split a count by modality or time to live, and the steps of a request that Anthropic lists under
 * {@code iterations}. Stateless but for one reading.
 */
final class UsageObject {
  private static final String FALLBACK = "fallback_message";

  /**
   * Anthropic bills these steps of a request, of which the top level holds the last alone or those
   * of one type; an advisor's steps have another price. Source: references on compaction and on
   * fallback models at docs.anthropic.com.
   */
  private static final Set<String> BILLED_STEPS = Set.of("message", "compaction", FALLBACK);

  /** Numbers up to this length need no arithmetic with decimals. */
  private static final int DIGITS_OF_AN_INT = 9;

  private static final int DEPTH = 4;
  private static final int LONGEST_NAME = 256;

  private final TokenCounts counts = new TokenCounts();
  private String type;
  private String model;
  private String label; // of an element of a list: what it is of
  private long number = TokenCounts.UNKNOWN; // the same: how many
  private List<UsageObject> steps; // null: the object has none

  private UsageObject() {}

  /** The numbers of one object; of a broken one none, since half is no better. */
  static TokenCounts read(Bytes usage) {
    return read(usage.array(), usage.length());
  }

  static TokenCounts read(byte[] text, int length) {
    try (JsonParser parser = UntrustedJson.parser(text, 0, length)) {
      UsageObject object = new UsageObject();
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        object.members(parser, TokenNames.inUsage(), 0);
      }
      if (object.steps != null) {
        object.addSteps();
      }
      return object.counts;
    } catch (JacksonException notJson) {
      TokenCounts none = new TokenCounts();
      none.setBroken();
      return none;
    }
  }

  private void members(JsonParser parser, TokenNames names, int depth) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      switch (parser.nextToken()) {
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser, names, name);
        case START_OBJECT -> {
          if (depth < DEPTH) {
            members(parser, names.inObject(name), depth + 1);
          } else {
            parser.skipChildren();
          }
        }
        case START_ARRAY -> list(parser, names, name, depth);
        case VALUE_STRING -> text(parser, name, depth);
        default -> {}
      }
    }
  }

  private void number(JsonParser parser, TokenNames names, String name) {
    long whole = wholeNumber(parser);
    if (whole != TokenCounts.UNKNOWN) {
      counts.put(names.meaning(name), whole);
    } else if (isACount(name)) {
      counts.setUnreadable();
    }
    switch (name) {
      case "tokenCount", "tokens", "inputTokens" -> number = whole;
      case "modality" -> label = parser.getString();
      default -> {}
    }
  }

  private void text(JsonParser parser, String name, int depth) {
    if (isACount(name)) {
      counts.setUnreadable();
    }
    boolean top = depth == 0 && parser.getStringLength() <= LONGEST_NAME;
    switch (top ? name : "") {
      case "type" -> type = parser.getString();
      case "model" -> model = parser.getString();
      case "modality", "ttl" -> label = parser.getString();
      default -> {}
    }
  }

  private void list(JsonParser parser, TokenNames names, String name, int depth) {
    boolean ofSteps = name.equals("iterations") && depth == 0;
    TokenNames labels = names.inObject(name);
    JsonToken element = parser.nextToken();
    while (element != JsonToken.END_ARRAY) {
      if (element == JsonToken.START_OBJECT && (ofSteps || labels.isKnown())) {
        UsageObject one = new UsageObject();
        one.members(parser, ofSteps ? TokenNames.inUsage() : TokenNames.NONE, 0);
        if (ofSteps) {
          steps = steps == null ? new ArrayList<>() : steps;
          steps.add(one);
        } else if (one.label != null && one.number != TokenCounts.UNKNOWN) {
          counts.add(labels.meaning(one.label), one.number);
        }
      } else {
        parser.skipChildren();
      }
      element = parser.nextToken();
    }
  }

  /**
   * The sums over the billed steps are what the request cost. An attempt that was declined before
   * it produced anything is not billed; which is to be told only where another model stepped in.
   */
  private void addSteps() {
    boolean fellBack = steps.stream().anyMatch(step -> FALLBACK.equals(step.type));
    TokenCounts sums = new TokenCounts();
    boolean billed = false;
    for (UsageObject step : steps) {
      boolean attempt = !"compaction".equals(step.type);
      boolean declined = fellBack && attempt && step.counts.get(TokenKind.OUTPUT) <= 0;
      if (step.type != null && BILLED_STEPS.contains(step.type) && !declined) {
        sums.addAll(step.counts);
        billed = true;
        if (fellBack && attempt && step.model != null) {
          counts.setAnsweredBy(step.model);
        }
      }
    }
    if (billed) {
      counts.override(sums);
      counts.setOfSteps();
    }
  }

  /** The current number; {@link TokenCounts#UNKNOWN} if negative, fractional or too large. */
  private static long wholeNumber(JsonParser parser) {
    boolean plain = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
    if (plain && parser.getStringLength() <= DIGITS_OF_AN_INT) {
      return Math.max(parser.getIntValue(), TokenCounts.UNKNOWN);
    }
    double number = parser.getDoubleValue();
    boolean whole = number >= 0 && number < 1e15 && number == Math.rint(number);
    return whole ? (long) number : TokenCounts.UNKNOWN;
  }

  private static boolean isACount(String name) {
    return name.endsWith("okens") || name.endsWith("ount");
  }
}
