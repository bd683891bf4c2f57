package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Adds {@code stream_options.include_usage} to a streaming chat request whose client said nothing
 * of it. Bytes are spliced in, the body is never written anew: every other byte stays as it came.
 */
public final class UsageAsking {
  private static final String WISH = "\"include_usage\":true";

  private int root = -1;
  private int options = -1;
  private int optionsLength;
  private boolean optionsEmpty;
  private boolean streams;
  private boolean unclear;

  private UsageAsking() {}

  /**
   * The body with the wish in it; null if there is nothing to add: the request does not stream, the
   * client decided itself, or this is no JSON object without doubt.
   *
   * @param wholeBody neither consumed nor released
   * @return a new buffer that shares the body's memory; the caller's to release
   */
  public static ByteBuf ask(ByteBuf wholeBody, ByteBufAllocator alloc) {
    UsageAsking asking = new UsageAsking();
    int start = start(wholeBody);
    try (JsonParser parser = JsonText.parser(wholeBody, start)) {
      asking.readBody(parser);
    } catch (JacksonException notJson) {
      return null;
    }
    if (asking.unclear || !asking.streams) {
      return null;
    }
    return asking.splice(wholeBody, start, alloc);
  }

  /** Where the text begins after a byte order mark. */
  static int start(ByteBuf body) {
    int index = body.readerIndex();
    boolean marked = body.readableBytes() >= 3 && body.getUnsignedMedium(index) == 0xEFBBBF;
    return marked ? index + 3 : index;
  }

  private void readBody(JsonParser parser) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      unclear = true;
      return;
    }
    root = offset(parser);
    boolean streamSeen = false;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("stream")) {
        unclear |= streamSeen;
        streamSeen = true;
        streams = value == JsonToken.VALUE_TRUE;
      } else if (name.equals("stream_options")) {
        unclear |= options >= 0;
        readOptions(parser, value);
      }
      parser.skipChildren();
    }
    unclear |= parser.nextToken() != null;
  }

  private void readOptions(JsonParser parser, JsonToken value) {
    options = offset(parser);
    if (value == JsonToken.VALUE_NULL) {
      optionsLength = "null".length();
      return;
    }
    if (value != JsonToken.START_OBJECT) {
      unclear = true;
      return;
    }
    optionsEmpty = true;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      optionsEmpty = false;
      unclear |= parser.currentName().equals("include_usage");
      parser.nextToken();
      parser.skipChildren();
    }
  }

  private static int offset(JsonParser parser) {
    return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
  }

  private ByteBuf splice(ByteBuf body, int start, ByteBufAllocator alloc) {
    if (options < 0) {
      return splice(body, start + root + 1, 0, "\"stream_options\":{" + WISH + "},", alloc);
    }
    if (optionsLength > 0) {
      return splice(body, start + options, optionsLength, "{" + WISH + "}", alloc);
    }
    return splice(body, start + options + 1, 0, optionsEmpty ? WISH : WISH + ",", alloc);
  }

  private static ByteBuf splice(
      ByteBuf body, int index, int replaced, String text, ByteBufAllocator alloc) {
    int from = body.readerIndex();
    int tail = index + replaced;
    ByteBuf added = ByteBufUtil.writeAscii(alloc, text);
    return alloc
        .compositeBuffer(3)
        .addComponent(true, body.retainedSlice(from, index - from))
        .addComponent(true, added)
        .addComponent(true, body.retainedSlice(tail, body.writerIndex() - tail));
  }
}
