package dev.tailtap.upstream;

import dev.tailtap.usage.UntrustedJson;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What the body of a refusal says of the time to wait. A body that is cut, or turns out to be no
 * JSON, says what it had said by then. Immutable but for the headers, which nobody changes.
 *
 * @param delayNanos Gemini's {@code RetryInfo.retryDelay}, or {@code resets_in_seconds} and {@code
 *     resets_at} of OpenAI's subscriptions, whichever is later; -1: none
 * @param noCredit OpenAI's {@code insufficient_quota}, or a 402 as code, which OpenRouter sends
 * @param headers what OpenRouter repeats of its headers in {@code error.metadata.headers}
 */
record RefusalBody(long delayNanos, boolean noCredit, HttpHeaders headers) {
  static final int MOST_BYTES = 64 << 10;
  static final RefusalBody EMPTY = new RefusalBody(-1, false, EmptyHttpHeaders.INSTANCE);

  private static final int MOST_HEADERS = 32;
  private static final String NO_CREDIT = "insufficient_quota";

  static RefusalBody of(byte[] json, long nowEpochMillis) {
    Reading reading = new Reading(nowEpochMillis);
    try (JsonParser parser = UntrustedJson.parser(json, 0, json.length)) {
      reading.read(parser);
    } catch (JacksonException cutOrNoJson) {
      // What was read until here counts.
    }
    return new RefusalBody(reading.delayNanos, reading.noCredit, reading.headers);
  }

  private static final class Reading {
    private final HttpHeaders headers =
        DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders(); // never sent
    private final long now;
    private long delayNanos = -1;
    private boolean noCredit;
    private int depth;
    private int headersDepth; // 0: not within an object of headers

    Reading(long nowEpochMillis) {
      now = nowEpochMillis;
    }

    void read(JsonParser parser) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          depth++;
          if (token == JsonToken.START_OBJECT && "headers".equals(parser.currentName())) {
            headersDepth = depth;
          }
        } else if (token.isStructEnd()) {
          headersDepth = depth == headersDepth ? 0 : headersDepth;
          depth--;
        } else if (token.isScalarValue() && parser.currentName() != null) {
          value(parser.currentName(), parser.getString());
        }
      }
    }

    private void value(String name, String text) {
      if (headersDepth == depth && headers.size() < MOST_HEADERS) {
        headers.add(name, text);
      }
      switch (name) {
        case "retryDelay", "resets_in_seconds", "resets_at" ->
            delayNanos = Math.max(delayNanos, ResetTime.nanos(text, now));
        case "code", "type" -> noCredit |= text.equals(NO_CREDIT) || text.equals("402");
        default -> {}
      }
    }
  }
}
