package dev.tailtap.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * OpenAI's chat completions. The usage frame comes only where the caller asked; the other frames
 * are the same either way, as vLLM has it, so that what a relay hides can be seen to be all.
 */
final class ChatDialect implements Dialect {
  private static final Speech SPEECH =
      new Speech(
          "Every token you see passed through the relay unchanged. While you read, it looked at the"
              + " end of this stream, found the usage that the provider reports, and wrote one row.",
          64);

  @Override
  public String prefix() {
    return "/";
  }

  @Override
  public boolean serves(String path) {
    return path.equals("/v1/chat/completions");
  }

  @Override
  public Map<String, String> headers(Prompt prompt) {
    return Map.of("x-request-id", "req_" + prompt.id(), "openai-version", "2020-10-01");
  }

  @Override
  public List<String> stream(Prompt prompt) {
    List<String> events = new ArrayList<>();
    events.add(chunk(prompt, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null"));
    for (String piece : SPEECH.pieces()) {
      events.add(chunk(prompt, "{\"content\":" + Json.quoted(piece) + "}", "null"));
    }
    events.add(chunk(prompt, "{}", "\"stop\""));
    if (prompt.wantsUsage()) {
      events.add(frame(prompt, "[],\"usage\":" + usage(prompt)));
    }
    events.add("data: [DONE]\n\n");
    return events;
  }

  @Override
  public String whole(Prompt prompt) {
    return """
        {"id":"chatcmpl-%s","object":"chat.completion","created":1767225600,"model":%s,\
        "choices":[{"index":0,"message":{"role":"assistant","content":%s,"refusal":null,\
        "annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":%s,\
        "service_tier":"default","system_fingerprint":"fp_7a11ab0001"}
        """
        .formatted(prompt.id(), prompt.quotedModel(), SPEECH.quoted(), usage(prompt));
  }

  @Override
  public String failure(int status, String message) {
    return """
        {"error":{"message":%s,"type":"invalid_request_error","param":null,"code":null}}
        """
        .formatted(Json.quoted(message));
  }

  private static String chunk(Prompt prompt, String delta, String finish) {
    String choices =
        """
        [{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]"""
            .formatted(delta, finish);
    return frame(prompt, choices);
  }

  private static String frame(Prompt prompt, String choicesAndUsage) {
    return """
        data: {"id":"chatcmpl-%s","object":"chat.completion.chunk","created":1767225600,"model":%s,\
        "service_tier":"default","system_fingerprint":"fp_7a11ab0001","choices":%s}

        """
        .formatted(prompt.id(), prompt.quotedModel(), choicesAndUsage);
  }

  private static String usage(Prompt prompt) {
    return """
        {"prompt_tokens":%s,"completion_tokens":%s,"total_tokens":%s,\
        "prompt_tokens_details":{"cached_tokens":%s,"audio_tokens":0,"cache_write_tokens":0},\
        "completion_tokens_details":{"reasoning_tokens":%s,"audio_tokens":0,\
        "accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"""
        .formatted(
            prompt.tokens(),
            SPEECH.tokens(),
            prompt.tokens() + SPEECH.tokens(),
            prompt.cachedTokens(),
            SPEECH.reasoningTokens());
  }
}
