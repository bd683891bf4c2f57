package dev.tailtap.usage;

import dev.tailtap.record.CleanText;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * Jackson for texts of strangers: UTF-8 only, and their names not interned for good. Thread-safe.
 */
public final class UntrustedJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          .recyclerPool(JsonRecyclerPools.threadLocalPool()) // the default is a shared queue
          .build();

  private UntrustedJson() {}

  public static JsonParser parser(byte[] text, int from, int to) {
    return FACTORY.createParser(ObjectReadContext.empty(), text, from, to - from);
  }

  /** Whether this is one whole value and nothing else. */
  static boolean isWhole(Bytes json) {
    try (JsonParser parser = parser(json.array(), 0, json.length())) {
      parser.nextToken();
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (JacksonException notJson) {
      return false;
    }
  }

  /** A string's text from what stood between its quotes; bounded, and fit for any database. */
  static String string(Bytes raw, int limit) {
    String text = new String(raw.array(), 0, raw.length(), StandardCharsets.UTF_8);
    return CleanText.of(text.indexOf('\\') < 0 ? text : unescaped(text), limit);
  }

  private static String unescaped(String raw) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), '"' + raw + '"')) {
      return parser.nextToken() == JsonToken.VALUE_STRING ? parser.getString() : raw;
    } catch (JacksonException notJson) {
      return raw;
    }
  }
}
