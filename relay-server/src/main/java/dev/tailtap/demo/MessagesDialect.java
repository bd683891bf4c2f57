package dev.tailtap.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Anthropic's Messages: input is counted when the message starts, output in its last delta, and the
 * input does not include what the cache gave.
 */
final class MessagesDialect implements Dialect {
  private static final Speech SPEECH =
      new Speech(
          "Here the count comes in two halves, the input at the start and the output at the end,"
              + " and the very last event says nothing about either. The relay keeps both halves.",
          0);

  @Override
  public String prefix() {
    return "/v1/messages";
  }

  @Override
  public boolean serves(String path) {
    return path.equals(prefix());
  }

  @Override
  public Map<String, String> headers(Prompt prompt) {
    return Map.of("request-id", "req_" + prompt.id());
  }

  @Override
  public List<String> stream(Prompt prompt) {
    List<String> events = new ArrayList<>();
    events.add(event("message_start", ",\"message\":" + message(prompt, "", "null", 1)));
    events.add(
        event(
            "content_block_start",
            ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    events.add(event("ping", ""));
    for (String piece : SPEECH.pieces()) {
      String delta = "{\"type\":\"text_delta\",\"text\":" + Json.quoted(piece) + "}";
      events.add(event("content_block_delta", ",\"index\":0,\"delta\":" + delta));
    }
    events.add(event("content_block_stop", ",\"index\":0"));
    events.add(
        event(
            "message_delta",
            ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":"
                + "{"
                + counts(prompt, SPEECH.tokens())
                + "}"));
    events.add(event("message_stop", ""));
    return events;
  }

  @Override
  public String whole(Prompt prompt) {
    String content = "{\"type\":\"text\",\"text\":" + SPEECH.quoted() + "}";
    return message(prompt, content, "\"end_turn\"", SPEECH.tokens()) + "\n";
  }

  @Override
  public String failure(int status, String message) {
    String type = status == 404 ? "not_found_error" : "invalid_request_error";
    return """
        {"type":"error","error":{"type":"%s","message":%s},"request_id":"req_demo"}
        """
        .formatted(type, Json.quoted(message));
  }

  private static String message(Prompt prompt, String content, String stopReason, int output) {
    return """
        {"model":%s,"id":"msg_%s","type":"message","role":"assistant","content":[%s],\
        "stop_reason":%s,"stop_sequence":null,"usage":{%s,\
        "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},\
        "service_tier":"standard"}}"""
        .formatted(prompt.quotedModel(), prompt.id(), content, stopReason, counts(prompt, output));
  }

  private static String counts(Prompt prompt, int output) {
    return """
        "input_tokens":%s,"cache_creation_input_tokens":0,"cache_read_input_tokens":%s,\
        "output_tokens":%s"""
        .formatted(prompt.tokens() - prompt.cachedTokens(), prompt.cachedTokens(), output);
  }

  private static String event(String type, String members) {
    return """
        event: %s
        data: {"type":"%s"%s}

        """
        .formatted(type, type, members);
  }
}
