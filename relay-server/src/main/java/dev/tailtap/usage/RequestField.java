package dev.tailtap.usage;

import java.util.Arrays;
import java.util.Locale;

/** The names that matter in a request body, however they are escaped. */
enum RequestField {
  MODEL,
  STREAM,
  STORE,
  MAX_TOKENS,
  MAX_COMPLETION_TOKENS,
  MAX_OUTPUT_TOKENS,
  STREAM_OPTIONS,
  INCLUDE_USAGE,
  INPUT,
  PREVIOUS_RESPONSE_ID,
  /** Of Gemini's Interactions. */
  PREVIOUS_INTERACTION_ID,
  CONVERSATION,
  ENCRYPTED_CONTENT,
  /** Gemini's; protobuf's JSON may be written in either way. */
  CACHED_CONTENT("cachedContent"),
  CACHED_CONTENT_SNAKE("cached_content"),
  /** What some take for the model: its name in other letters (Go), or Bedrock's and watsonx's. */
  MODEL_ALIKE,
  /** Any other. */
  OTHER;

  /** Room for the longest of them with each character escaped. */
  static final int LONGEST = 6 * "previous_interaction_id".length();

  private static final RequestField[] KNOWN = Arrays.copyOf(values(), values().length - 2);

  private static final String[] ALIKE = {"model", "modelid", "model_id"};

  private final String text;

  RequestField() {
    text = name().toLowerCase(Locale.ROOT);
  }

  RequestField(String text) {
    this.text = text;
  }

  /**
   * The name that stands between two quotes.
   *
   * @param raw what stands there, up to {@link #LONGEST} bytes; changed if it has escapes
   * @return null if there is an escape that JSON does not know
   */
  static RequestField of(Bytes raw, boolean escapes) {
    if (raw.overflowed()) {
      return OTHER;
    }
    int clear = escapes ? unescape(raw.array(), raw.length()) : raw.length();
    if (clear < 0) {
      return null;
    }
    for (RequestField name : KNOWN) {
      if (name.is(raw.array(), clear)) {
        return name;
      }
    }
    for (String alike : ALIKE) {
      if (isAlike(alike, raw.array(), clear)) {
        return MODEL_ALIKE;
      }
    }
    return OTHER;
  }

  /** Whether they differ in the case of letters alone. */
  private static boolean isAlike(String text, byte[] clear, int length) {
    boolean same = text.length() == length;
    for (int i = 0; i < length && same; i++) {
      same = (text.charAt(i) | 0x20) == (clear[i] | 0x20);
    }
    return same;
  }

  /** Whether it says how many tokens an answer may have. */
  boolean limitsAnswer() {
    return this == MAX_TOKENS || this == MAX_COMPLETION_TOKENS || this == MAX_OUTPUT_TOKENS;
  }

  private boolean is(byte[] clear, int length) {
    boolean same = text.length() == length;
    for (int i = 0; i < length && same; i++) {
      same = text.charAt(i) == clear[i];
    }
    return same;
  }

  /** In place; what is no ASCII letter becomes a byte that no name has. */
  private static int unescape(byte[] raw, int length) {
    int to = 0;
    int from = 0;
    while (from < length) {
      byte b = raw[from++];
      if (b == '\\') {
        byte kind = from < length ? raw[from++] : 0;
        if (kind == 'u') {
          int point = from + 4 <= length ? hex(raw, from) : -1;
          if (point < 0) {
            return -1;
          }
          from += 4;
          b = point < 0x80 ? (byte) point : 0;
        } else if ("\"\\/bfnrt".indexOf(kind) >= 0) {
          b = 0;
        } else {
          return -1;
        }
      }
      raw[to++] = b;
    }
    return to;
  }

  private static int hex(byte[] raw, int from) {
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(raw[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
