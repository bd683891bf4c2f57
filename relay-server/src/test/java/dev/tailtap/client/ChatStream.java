package dev.tailtap.client;

import dev.tailtap.rig.Provider;
import java.io.IOException;

/** A chat request, asked and not asked for usage, and the events of its answer. */
final class ChatStream {
  private ChatStream() {}

  static final String SSE = "text/event-stream";
  static final String ASKED =
      """
      {"model":"m-1","stream":true,"stream_options":{"include_usage":true},"messages":[]}""";
  static final String NOT_ASKED =
      """
      {"model":"m-1","stream":true,"messages":[]}""";
  static final String CONTENT =
      """
      data: {"id":"c-1","model":"m-1-real","choices":[{"index":0,"delta":{"content":"Hi"},\
      "finish_reason":null}],"usage":null}

      """;
  static final String FINISH =
      """
      data: {"id":"c-1","model":"m-1-real","choices":[{"index":0,"delta":{},\
      "finish_reason":"stop"}],"usage":null}

      """;
  static final String USAGE =
      """
      data: {"id":"c-1","model":"m-1-real","choices":[],"usage":{"prompt_tokens":7,\
      "completion_tokens":3,"total_tokens":10}}

      """;
  static final String DONE = "data: [DONE]\n\n";

  static void stream(Provider.Answer answer, String... events) throws IOException {
    answer.chunkedHead(SSE);
    for (String event : events) {
      answer.chunk(event);
    }
    answer.lastChunk();
  }
}
