package dev.tailtap.store;

import dev.tailtap.record.CleanText;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What is billed beside tokens, from its JSON and back. Most rows of a batch have the same, so each
 * text is read once. One thread.
 */
final class Units {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int LONGEST = 64;

  private final Map<String, Map<String, BigDecimal>> known = new HashMap<>();

  /** The units of one row by their names, in order; none where it has none. */
  Map<String, BigDecimal> of(String json) {
    return json == null ? Map.of() : known.computeIfAbsent(json, Units::read);
  }

  private static Map<String, BigDecimal> read(String json) {
    Map<String, BigDecimal> units = new TreeMap<>();
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          String name = parser.currentName();
          if (parser.nextToken().isNumeric()) {
            units.put(CleanText.of(name), parser.getDecimalValue());
          }
          parser.skipChildren();
        }
      }
    }
    return units;
  }

  /** The names of those that were used. */
  static String names(Map<String, BigDecimal> units) {
    return units.isEmpty()
        ? ""
        : units.entrySet().stream()
            .filter(unit -> unit.getValue().signum() > 0)
            .map(unit -> HourGroup.first(unit.getKey(), LONGEST))
            .collect(Collectors.joining(","));
  }

  /** Their JSON; null where there are none. */
  static String json(Map<String, BigDecimal> units) {
    if (units.isEmpty()) {
      return null;
    }
    StringWriter json = new StringWriter();
    try (JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), json)) {
      generator.writeStartObject();
      units.forEach((name, amount) -> generator.writeName(name).writeNumber(amount));
      generator.writeEndObject();
    }
    return json.toString();
  }
}
