package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** Items of an answer that are billed each, and of which only the number is kept. */
enum Tally {
  /** Items of OpenAI's responses, told by their type. */
  WEB_SEARCH_CALL("web_search_call"),
  FILE_SEARCH_CALL("file_search_call"),
  /** Elements of Gemini's list of that name. */
  WEB_SEARCH_QUERIES("webSearchQueries");

  /** OpenAI bills a search, and not what a search call does on a page that it found. */
  private static final byte[][] FREE_ACTIONS = {
    "open_page".getBytes(US_ASCII), "find_in_page".getBytes(US_ASCII)
  };

  private static final Tally[] ALL = values();

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
  private final byte[] key;

  Tally(String key) {
    this.key = key.getBytes(US_ASCII);
  }

  /** The items whose type this is; null: such items are not billed each. */
  static Tally ofType(Bytes type) {
    for (Tally tally : ALL) {
      if (type.is(tally.key)) {
        return tally;
      }
    }
    return null;
  }

  /** The elements of the list of that name; null: they are not billed each. */
  static Tally ofList(byte[] name) {
    for (Tally tally : ALL) {
      if (Arrays.equals(tally.key, name)) {
        return tally;
      }
    }
    return null;
  }

  /** Whether a search call that did this is none that is billed. */
  static boolean isFree(Bytes action) {
    return action.is(FREE_ACTIONS[0]) || action.is(FREE_ACTIONS[1]);
  }

  static int count() {
    return ALL.length;
  }

  static Tally at(int index) {
    return ALL[index];
  }

  byte[] key() {
    return key;
  }

  /** Its place in an array of all; lives no longer than the process. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }
}
