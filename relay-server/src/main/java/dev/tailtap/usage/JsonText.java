package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * Jackson, set up for texts of strangers: UTF-8 only, and their names are not interned for good.
 * Thread-safe.
 */
final class JsonText {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          .recyclerPool(JsonRecyclerPools.threadLocalPool()) // the default is a shared queue
          .build();

  private JsonText() {}

  static JsonParser parser(byte[] text, int from, int to) {
    return FACTORY.createParser(ObjectReadContext.empty(), text, from, to - from);
  }

  /** Reads the buffer without moving its indexes; its offsets count from {@code index}. */
  static JsonParser parser(ByteBuf text, int index) {
    int length = text.writerIndex() - index;
    InputStream stream = new ByteBufInputStream(text.slice(index, length));
    return FACTORY.createParser(ObjectReadContext.empty(), stream);
  }

  /** A string's text from what stood between its quotes; bounded, and fit for any database. */
  static String string(Bytes raw, int limit) {
    String text = new String(raw.array(), 0, raw.length(), StandardCharsets.UTF_8);
    return clean(text.indexOf('\\') < 0 ? text : unescaped(text), limit);
  }

  private static String unescaped(String raw) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), '"' + raw + '"')) {
      return parser.nextToken() == JsonToken.VALUE_STRING ? parser.getString() : raw;
    } catch (JacksonException notJson) {
      return raw;
    }
  }

  /**
   * The text cut to a number of characters, without NUL, which PostgreSQL refuses, and with lone
   * halves of surrogate pairs replaced.
   */
  static String clean(String text, int limit) {
    if (text.length() <= limit && isPlain(text)) {
      return text;
    }
    StringBuilder clean = new StringBuilder(Math.min(text.length(), limit));
    for (int i = 0; i < text.length() && clean.length() < limit; ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (point != 0) {
        boolean half = Character.getType(point) == Character.SURROGATE;
        clean.appendCodePoint(half ? 0xFFFD : point);
      }
    }
    return clean.toString();
  }

  /** Whether nothing in the text could want cleaning; nearly every text is so. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
