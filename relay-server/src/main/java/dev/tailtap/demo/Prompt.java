package dev.tailtap.demo;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * What the demo needs to know of a request.
 *
 * @param events whether a stream consists of server-sent events
 * @param wantsUsage {@code stream_options.include_usage} is true
 * @param length characters of all text in the body but the model's name
 * @param digest the same for the same text, so that the same question gets the same ids
 */
record Prompt(
    String model, boolean streamed, boolean events, boolean wantsUsage, int length, long digest) {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** As if the caller had sent a long system prompt too. */
  private static final int SYSTEM_TOKENS = 1_187;

  static Prompt of(byte[] body) {
    try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new StreamReadException(json, "not an object");
      }
      Prompt prompt = object(json);
      if (json.nextToken() != null) {
        throw new StreamReadException(json, "more than one value");
      }
      return prompt;
    }
  }

  /** A copy of this prompt for a path that decides what the answer is. */
  Prompt with(String pathModel, boolean asStream, boolean asEvents) {
    return new Prompt(pathModel, asStream, asEvents, wantsUsage, length, digest);
  }

  /** Everything that went in, the cached part included. */
  int tokens() {
    return SYSTEM_TOKENS + length / 4;
  }

  /** The part of the tokens that was read from a cache. */
  int cachedTokens() {
    return 1_024;
  }

  /** Twenty-four characters for the ids of an answer. */
  String id() {
    long mixed = (digest ^ model.hashCode()) * 0x9E3779B97F4A7C15L;
    return String.format("%016x%08x", mixed, (int) (mixed >>> 17));
  }

  /** The model's name as a JSON string. */
  String quotedModel() {
    return Json.quoted(model);
  }

  private static Prompt object(JsonParser json) {
    String model = "";
    boolean streamed = false;
    boolean wantsUsage = false;
    int length = 0;
    long digest = 17;
    int depth = 1;
    String parent = "";
    while (depth > 0) {
      JsonToken token = json.nextToken();
      if (token == null) {
        throw new StreamReadException(json, "cut off");
      } else if (token.isStructStart()) {
        parent = depth == 1 ? json.currentName() : parent;
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.VALUE_STRING) {
        if (depth == 1 && "model".equals(json.currentName())) {
          model = json.getString();
        } else {
          length += json.getString().length();
          digest = 31 * digest + json.getString().hashCode();
        }
      } else if (token == JsonToken.VALUE_TRUE) {
        String name = json.currentName();
        streamed |= depth == 1 && "stream".equals(name);
        wantsUsage |= depth == 2 && "stream_options".equals(parent) && "include_usage".equals(name);
      }
    }
    return new Prompt(model, streamed, true, wantsUsage, length, digest);
  }
}
