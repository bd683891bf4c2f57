package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What a request body says of itself at its top level; null: it does not say.
 *
 * @param stream whether the answer is to be streamed
 * @param includeUsage {@code stream_options.include_usage}
 */
public record RequestReading(String model, Boolean stream, Boolean includeUsage) {
  /** Of a body that says nothing. */
  public static final RequestReading NONE = new RequestReading(null, null, null);

  private static final int MODEL_LIMIT = 256;

  /**
   * Reads a whole body or the first part of one: what was said before the cut, or before the text
   * stopped being JSON, counts. Moves no index.
   */
  public static RequestReading of(ByteBuf prefixOrWhole) {
    Reader reader = new Reader();
    try (JsonParser parser = JsonText.parser(prefixOrWhole, UsageAsking.start(prefixOrWhole))) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        reader.readBody(parser);
      }
    } catch (JacksonException cutOrMalformed) {
      // What was read until here is the reading.
    }
    return new RequestReading(reader.model, reader.stream, reader.includeUsage);
  }

  private static final class Reader {
    private String model;
    private Boolean stream;
    private Boolean includeUsage;

    void readBody(JsonParser parser) {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("model") && value == JsonToken.VALUE_STRING) {
          model = JsonText.clean(parser.getString(), MODEL_LIMIT);
        } else if (name.equals("stream") && value.isBoolean()) {
          stream = value == JsonToken.VALUE_TRUE;
        } else if (name.equals("stream_options") && value == JsonToken.START_OBJECT) {
          readOptions(parser);
        } else {
          parser.skipChildren();
        }
      }
    }

    private void readOptions(JsonParser parser) {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("include_usage") && value.isBoolean()) {
          includeUsage = value == JsonToken.VALUE_TRUE;
        } else {
          parser.skipChildren();
        }
      }
    }
  }
}
