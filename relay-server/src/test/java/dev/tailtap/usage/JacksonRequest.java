package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tailtap.record.CleanText;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A request body as Jackson reads it, whole and at once: what a {@link RequestScanner} is held to.
 */
final class JacksonRequest {
  private static final String WISH = "\"include_usage\":true";

  private static final Set<String> STATE =
      Set.of("previous_response_id", "conversation", "cachedContent", "cached_content");

  private final byte[] body;
  private final int start;
  private String model;
  private Boolean stream;
  private Boolean includeUsage;
  private Boolean store;
  private int root;
  private int options = -1;
  private boolean optionsNull;
  private boolean optionsEmpty;
  private boolean streamSeen;
  private boolean unclear;
  private boolean wellFormed;
  private int models;
  private int modelAt = -1;
  private int modelEnd;
  private boolean stateful;

  JacksonRequest(byte[] body) {
    this.body = body;
    this.start = start(body);
    try (JsonParser parser = UntrustedJson.parser(body, start, body.length)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        root = offset(parser);
        readBody(parser);
      } else {
        unclear = true;
      }
      unclear |= parser.nextToken() != null;
      wellFormed = true;
    } catch (JacksonException cutOrMalformed) {
      unclear = true;
    }
  }

  private static int start(byte[] body) {
    boolean marked = body.length >= 3 && body[0] == (byte) 0xEF;
    return marked && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF ? 3 : 0;
  }

  /** Whether it is JSON to its end. */
  boolean isWellFormed() {
    return wellFormed;
  }

  RequestReading reading() {
    return new RequestReading(model, stream, includeUsage, store);
  }

  /** The body with the wish in it, a character for a byte; null: it is to be left alone. */
  String asked() {
    if (unclear || !Boolean.TRUE.equals(stream)) {
      return null;
    }
    if (options < 0) {
      return spliced(root + 1, 0, "\"stream_options\":{" + WISH + "},");
    }
    if (optionsNull) {
      return spliced(options, 4, "{" + WISH + "}");
    }
    return spliced(options + 1, 0, optionsEmpty ? WISH : WISH + ",");
  }

  /** Whether it names a model more than once, in whatever way. */
  boolean namesModelTwice() {
    return models > 1;
  }

  boolean isStateful() {
    return stateful;
  }

  /** The body with another model, given as JSON; null: it names none, or several. */
  String withModel(String json) {
    boolean clear = modelAt >= 0 && models == 1;
    return clear ? spliced(modelAt, modelEnd - modelAt, json) : null;
  }

  private String spliced(int at, int lost, String text) {
    String head = new String(body, 0, at, ISO_8859_1);
    return head + text + new String(body, at + lost, body.length - at - lost, ISO_8859_1);
  }

  private int offset(JsonParser parser) {
    return start + Math.toIntExact(parser.currentTokenLocation().getByteOffset());
  }

  private void readBody(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      models += name.equals("model") ? 1 : 0;
      stateful |= STATE.contains(name) && value != JsonToken.VALUE_NULL;
      if (name.equals("model") && value == JsonToken.VALUE_STRING) {
        int at = offset(parser);
        model = CleanText.of(parser.getString(), 256);
        modelAt = at;
        modelEnd = start + Math.toIntExact(parser.currentLocation().getByteOffset());
      } else if (name.equals("input") && value.isStructStart()) {
        readInput(parser);
      } else if (name.equals("stream")) {
        unclear |= streamSeen || !value.isBoolean();
        streamSeen = true;
        stream = value.isBoolean() ? (Boolean) (value == JsonToken.VALUE_TRUE) : stream;
      } else if (name.equals("store") && (value.isBoolean() || value == JsonToken.VALUE_NULL)) {
        store = value == JsonToken.VALUE_TRUE;
      } else if (name.equals("stream_options")) {
        unclear |= options >= 0;
        options = offset(parser);
        readOptions(parser, value);
      }
      parser.skipChildren();
    }
  }

  private void readInput(JsonParser parser) {
    int depth = 1;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (token == JsonToken.PROPERTY_NAME && parser.currentName().equals("encrypted_content")) {
        token = parser.nextToken();
        stateful |= token != JsonToken.VALUE_NULL;
        depth += token.isStructStart() ? 1 : 0;
      }
    }
  }

  private void readOptions(JsonParser parser, JsonToken value) {
    optionsNull = value == JsonToken.VALUE_NULL;
    optionsEmpty = true;
    if (value != JsonToken.START_OBJECT) {
      unclear |= !optionsNull;
      return;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      optionsEmpty = false;
      boolean wish = parser.currentName().equals("include_usage");
      unclear |= wish;
      JsonToken said = parser.nextToken();
      if (wish && said.isBoolean()) {
        includeUsage = said == JsonToken.VALUE_TRUE;
      }
      parser.skipChildren();
    }
  }
}
