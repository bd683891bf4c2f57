package dev.tailtap.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** OpenAI's Responses: named events with a running number; usage stands in the last one. */
final class ResponsesDialect implements Dialect {
  private static final Speech SPEECH =
      new Speech(
          "A Responses stream tells its story twice: word by word, and once more as a whole at the"
              + " end. The usage is in that last event, near its end.",
          128);

  @Override
  public String prefix() {
    return "/v1/responses";
  }

  @Override
  public boolean serves(String path) {
    return path.equals(prefix());
  }

  @Override
  public Map<String, String> headers(Prompt prompt) {
    return Map.of("x-request-id", "req_" + prompt.id(), "openai-version", "2020-10-01");
  }

  @Override
  public List<String> stream(Prompt prompt) {
    Events events = new Events();
    String begun = response(prompt, "in_progress", "[]", "null");
    events.add("response.created", "\"response\":" + begun);
    events.add("response.in_progress", "\"response\":" + begun);
    String item = item(prompt, "in_progress", "[]");
    events.add("response.output_item.added", "\"output_index\":0,\"item\":" + item);
    String place = place(prompt);
    events.add("response.content_part.added", place + ",\"part\":" + part("\"\""));
    for (String piece : SPEECH.pieces()) {
      String delta = ",\"delta\":" + Json.quoted(piece) + ",\"logprobs\":[]";
      events.add("response.output_text.delta", place + delta);
    }
    String text = ",\"text\":" + SPEECH.quoted() + ",\"logprobs\":[]";
    events.add("response.output_text.done", place + text);
    events.add("response.content_part.done", place + ",\"part\":" + part(SPEECH.quoted()));
    events.add("response.output_item.done", "\"output_index\":0,\"item\":" + output(prompt));
    events.add("response.completed", "\"response\":" + whole(prompt).strip());
    return events.framed;
  }

  @Override
  public String whole(Prompt prompt) {
    return response(prompt, "completed", "[" + output(prompt) + "]", usage(prompt)) + "\n";
  }

  @Override
  public String failure(int status, String message) {
    return new ChatDialect().failure(status, message);
  }

  private static String response(Prompt prompt, String status, String output, String usage) {
    return """
        {"id":"resp_%s","object":"response","created_at":1767225600,"status":"%s",\
        "background":false,"error":null,"incomplete_details":null,"instructions":null,\
        "max_output_tokens":null,"model":%s,"output":%s,"parallel_tool_calls":true,\
        "previous_response_id":null,"reasoning":{"effort":"low","summary":null},"store":false,\
        "temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],\
        "top_p":1.0,"truncation":"disabled","usage":%s,"user":null,"metadata":{}}"""
        .formatted(prompt.id(), status, prompt.quotedModel(), output, usage);
  }

  private static String output(Prompt prompt) {
    return item(prompt, "completed", "[" + part(SPEECH.quoted()) + "]");
  }

  private static String item(Prompt prompt, String status, String content) {
    return """
        {"id":"msg_%s","type":"message","status":"%s","role":"assistant","content":%s}"""
        .formatted(prompt.id(), status, content);
  }

  private static String part(String quotedText) {
    return """
        {"type":"output_text","annotations":[],"logprobs":[],"text":%s}"""
        .formatted(quotedText);
  }

  private static String place(Prompt prompt) {
    return """
        "item_id":"msg_%s","output_index":0,"content_index":0"""
        .formatted(prompt.id());
  }

  private static String usage(Prompt prompt) {
    return """
        {"input_tokens":%s,"input_tokens_details":{"cached_tokens":%s,"cache_write_tokens":0},\
        "output_tokens":%s,\
        "output_tokens_details":{"reasoning_tokens":%s},"total_tokens":%s}"""
        .formatted(
            prompt.tokens(),
            prompt.cachedTokens(),
            SPEECH.tokens(),
            SPEECH.reasoningTokens(),
            prompt.tokens() + SPEECH.tokens());
  }

  /** Numbers the events of one stream. */
  private static final class Events {
    private final List<String> framed = new ArrayList<>();

    void add(String type, String members) {
      framed.add(
          """
          event: %s
          data: {"type":"%s","sequence_number":%s,%s}

          """
              .formatted(type, type, framed.size(), members));
    }
  }
}
