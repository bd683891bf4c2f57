package dev.tailtap.usage;

import dev.tailtap.record.Billed;
import dev.tailtap.record.CleanText;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads from usage objects, and from what stood beside them, what is billed and is not tokens:
 * tier, place, mode, other units, and the provider's own price. Of units the largest number counts,
 * of all else what was said last. Not confined; one per reading.
 */
final class BilledReader {
  private static final int LONGEST_TEXT = 64;
  private static final int LONGEST_NUMBER = 40;
  private static final String DOLLARS = "USD";

  /** xAI, "Cost Tracking": ten to the tenth ticks are a dollar. */
  private static final int TICKS = 10;

  /** Names in the column {@code units}, by the places that have their number. */
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("server_tool_use.web_search_requests", "web_searches"), // Anthropic, OpenRouter
          Map.entry("server_tool_use.web_fetch_requests", "web_fetches"),
          Map.entry("server_tool_use.code_execution_requests", "code_executions"),
          Map.entry("num_search_queries", "web_searches"), // Perplexity
          Map.entry("citation_tokens", "citation_tokens"),
          Map.entry("server_side_tool_usage_details.web_search_calls", "web_searches"), // xAI
          Map.entry("server_side_tool_usage_details.x_search_calls", "x_searches"),
          Map.entry("server_side_tool_usage_details.code_interpreter_calls", "code_executions"),
          Map.entry("server_side_tool_usage_details.file_search_calls", "file_searches"),
          Map.entry("server_side_tool_usage_details.document_search_calls", "file_searches"),
          Map.entry("num_sources_used", "search_sources"),
          Map.entry("connectors.web_search", "web_searches"), // Mistral
          Map.entry("connectors.web_search_premium", "web_searches_premium"),
          Map.entry("connectors.code_interpreter", "code_executions"),
          Map.entry("connectors.image_generation", "images"),
          Map.entry("prompt_audio_seconds", "seconds"),
          Map.entry("usage_info.pages_processed", "pages"),
          Map.entry("pages_processed", "pages"),
          Map.entry("seconds", "seconds"), // OpenAI's transcriptions, DashScope
          Map.entry("predict_time", "seconds"), // Replicate
          Map.entry("characters", "characters"), // DashScope
          Map.entry("usage_characters", "characters"), // MiniMax
          Map.entry("billableCharacterCount", "characters"), // Vertex
          Map.entry("image_count", "images"), // DashScope
          Map.entry("generated_images", "images"), // Ark
          Map.entry("billed_units.search_units", "search_units"), // Cohere
          Map.entry("billed_units.images", "images"),
          Map.entry("billed_units.classifications", "classifications"),
          Map.entry("tool_usage.web_search.num_requests", "web_searches"), // OpenAI
          Map.entry("tool_usage.image_gen.total_tokens", "image_tool_tokens"),
          Map.entry("web_search_call", "web_searches"),
          Map.entry("file_search_call", "file_searches"),
          Map.entry("webSearchQueries", "web_searches")); // Gemini

  private static final Set<String> PRICES =
      Set.of("cost", "cost.total_cost", "estimated_cost", "cost_in_usd_ticks");

  /** Objects in which one of the places is. */
  private static final Set<String> OBJECTS =
      Set.of(
          "server_tool_use",
          "server_side_tool_usage_details",
          "connectors",
          "usage_info",
          "billed_units",
          "tool_usage",
          "tool_usage.web_search",
          "tool_usage.image_gen",
          "cost",
          "serviceTier",
          "performanceConfig");

  private final Map<String, BigDecimal> units = new LinkedHashMap<>();
  private String tier;
  private String geo;
  private String speed;
  private BigDecimal cost;
  private String currency = DOLLARS;

  private BilledReader() {}

  /**
   * What is billed.
   *
   * @param objects well-formed JSON objects, in the order in which they were said
   */
  static Billed read(TokenCounts counts, List<Bytes> objects) {
    BilledReader reader = new BilledReader();
    for (Bytes object : objects) {
      try (JsonParser parser = UntrustedJson.parser(object.array(), 0, object.length())) {
        parser.nextToken();
        reader.members(parser, "");
      }
    }
    return reader.billed(counts);
  }

  private void members(JsonParser parser, String above) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      String path = above.isEmpty() ? name : above + name;
      if (value == JsonToken.START_OBJECT && OBJECTS.contains(path)) {
        members(parser, path + '.');
      } else if (value == JsonToken.VALUE_STRING) {
        text(path, parser);
      } else if (value.isNumeric()) {
        if (UNITS.containsKey(path) || PRICES.contains(path)) {
          number(path, parser.getString());
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  private void text(String path, JsonParser parser) {
    String text = parser.getStringLength() <= LONGEST_TEXT ? parser.getString() : "";
    if (text.isEmpty()) {
      return;
    }
    switch (path) {
      case "service_tier", "serviceTier", "serviceTier.type", "trafficType" -> tier(text);
      case "inference_geo" -> geo = CleanText.of(text);
      case "speed", "performanceConfig.latency" -> speed = CleanText.of(text);
      case "cost.currency" -> currency = CleanText.of(text);
      case "cost", "cost.total_cost" -> number(path, text);
      default -> {}
    }
  }

  /** What is left to the provider is no tier that it has served. */
  private void tier(String text) {
    if (!text.equals("auto")) {
      tier = CleanText.of(text);
    }
  }

  private void number(String path, String digits) {
    BigDecimal number = number(digits);
    if (number == null) {
      return;
    }
    String unit = UNITS.get(path);
    if (unit != null && number.signum() > 0) {
      units.merge(unit, number, BigDecimal::max);
    }
    switch (path) {
      case "cost", "cost.total_cost", "estimated_cost" -> cost = number;
      case "cost_in_usd_ticks" ->
          cost =
              number.signum() > 0 ? number.movePointLeft(TICKS) : cost; // 0 at Azure, which bills
      default -> {}
    }
  }

  /** Null if it is negative, or of a size that no bill has. */
  private static BigDecimal number(String digits) {
    if (digits.length() > LONGEST_NUMBER) {
      return null;
    }
    try {
      BigDecimal number = new BigDecimal(digits);
      boolean sane = number.signum() >= 0 && Math.abs(number.scale()) <= LONGEST_NUMBER;
      return sane ? number : null;
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  private Billed billed(TokenCounts counts) {
    return new Billed(
        column(counts, TokenKind.CACHE_WRITE_1H),
        column(counts, TokenKind.AUDIO_PROMPT),
        column(counts, TokenKind.AUDIO_COMPLETION),
        column(counts, TokenKind.IMAGE_PROMPT),
        column(counts, TokenKind.IMAGE_COMPLETION),
        tier,
        geo,
        speed,
        json(),
        cost,
        cost == null ? null : currency);
  }

  private String json() {
    if (units.isEmpty()) {
      return null;
    }
    StringJoiner json = new StringJoiner(",", "{", "}");
    units.forEach((unit, number) -> json.add('"' + unit + "\":" + number.toPlainString()));
    return json.toString();
  }

  private static Long column(TokenCounts counts, TokenKind kind) {
    long number = counts.get(kind);
    return number == TokenCounts.UNKNOWN ? null : Long.valueOf(number);
  }
}
