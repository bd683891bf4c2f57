package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;

/**
 * What answers say beside their usage object and a record wants. The vendors' API references are
 * the source of each.
 */
enum Beside {
  /** OpenAI's responses: images that a tool made, searches that it did. */
  TOOL_USAGE("tool_usage", true),
  /** Cohere: what is billed; beside it v1 has its tokens, and what of them was cached. */
  BILLED_UNITS("billed_units", true),
  CACHED_TOKENS("cached_tokens", true),
  /** Bedrock's InvokeModel, after whatever the model itself reports. */
  INVOCATION_METRICS("amazon-bedrock-invocationMetrics", true),
  /** Mistral's reading of documents. */
  USAGE_INFO("usage_info", true),
  /** Vertex's embeddings. */
  BILLABLE_CHARACTERS("billableCharacterCount", true),
  /** MiniMax's speech. */
  USAGE_CHARACTERS("usage_characters", true),
  /** Replicate. */
  PREDICT_TIME("predict_time", true),
  /** OpenAI and who speaks like it; the usage object of others has one inside. */
  SERVICE_TIER("service_tier", false),
  /** Bedrock's Converse. */
  BEDROCK_TIER("serviceTier", false),
  PERFORMANCE("performanceConfig", false);

  private static final Beside[] ALL = values();

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
  private final byte[] bytes;

  private final boolean raw;

  Beside(String key, boolean raw) {
    this.key = key;
    this.bytes = key.getBytes(StandardCharsets.US_ASCII);
    this.raw = raw;
  }

  /** The one of that name in a document. */
  static Beside named(String key) {
    for (Beside one : ALL) {
      if (one.key.equals(key)) {
        return one;
      }
    }
    throw new IllegalArgumentException(key);
  }

  static int count() {
    return ALL.length;
  }

  static Beside at(int index) {
    return ALL[index];
  }

  /** Whether an event must be read for it, whatever else it has. */
  boolean isNeedle() {
    return this == INVOCATION_METRICS || this == BILLED_UNITS;
  }

  byte[] key() {
    return bytes;
  }

  /** Whether it is kept in the column {@code usage_raw}; what has a column of its own is not. */
  boolean isRaw() {
    return raw;
  }

  /** Its place in an array of all; lives no longer than the process. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }
}
