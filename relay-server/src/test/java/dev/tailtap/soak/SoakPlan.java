package dev.tailtap.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What becomes of one stream of a soak: client and provider work it out from its number alone. Its
 * number is also its count of prompt tokens, so that its row can be told from all others.
 */
record SoakPlan(
    int number,
    Dialect dialect,
    Framing framing,
    Fate fate,
    boolean slow,
    int events,
    int breakAt) {
  enum Dialect {
    CHAT_ASKED("/v1/chat/completions"),
    CHAT_HIDDEN("/v1/chat/completions"),
    MESSAGES("/v1/messages"),
    GEMINI("/v1beta/models/m-1:streamGenerateContent");

    private final String path;

    Dialect(String path) {
      this.path = path;
    }
  }

  enum Framing {
    CHUNKED,
    CONTENT_LENGTH,
    UNTIL_CLOSE,
    HTTP_1_0
  }

  enum Fate {
    END,
    CLIENT_LEAVES,
    UPSTREAM_RESETS
  }

  static final String PREFIX = "/soak/";
  static final int COMPLETION_TOKENS = 2;
  private static final int SLOW_EVENTS = 400;

  static SoakPlan of(int number) {
    Random random = new Random(number * 0x9E3779B97F4A7C15L);
    double chance = random.nextDouble();
    Fate fate =
        chance < 0.05 ? Fate.UPSTREAM_RESETS : chance < 0.25 ? Fate.CLIENT_LEAVES : Fate.END;
    boolean slow = fate == Fate.END && random.nextDouble() < 0.02;
    int events = slow ? SLOW_EVENTS : 2 + random.nextInt(40);
    return new SoakPlan(
        number,
        Dialect.values()[random.nextInt(Dialect.values().length)],
        Framing.values()[random.nextInt(Framing.values().length)],
        fate,
        slow,
        events,
        random.nextInt(events + 1));
  }

  static int numberOf(String path) {
    return Integer.parseInt(path.split("/", 4)[2]);
  }

  String path() {
    return PREFIX + number + dialect.path;
  }

  String request() {
    String asked = ",\"stream_options\":{\"include_usage\":true}";
    String body =
        "{\"model\":\"m-1\",\"stream\":true" + (dialect == Dialect.CHAT_ASKED ? asked : "") + "}";
    return "POST "
        + path()
        + (framing == Framing.HTTP_1_0 ? " HTTP/1.0" : " HTTP/1.1")
        + "\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** The events of the whole answer. */
  List<String> answer() {
    List<String> answer = new ArrayList<>();
    if (dialect == Dialect.MESSAGES) {
      answer.add(event("message_start", "\"message\":{\"id\":\"c\",\"usage\":{" + input() + "}}"));
    }
    for (int i = 0; i < events; i++) {
      answer.add(content(slow ? "x".repeat(4_000) : "word " + i));
    }
    switch (dialect) {
      case CHAT_ASKED, CHAT_HIDDEN -> {
        answer.add(
            data(
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}",
                number, COMPLETION_TOKENS, number + COMPLETION_TOKENS));
        answer.add(data("[DONE]"));
      }
      case MESSAGES -> {
        answer.add(
            event(
                "message_delta",
                "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}"));
        answer.add(event("message_stop", "\"end\":true"));
      }
      case GEMINI -> answer.add(content("."));
    }
    return answer;
  }

  private String content(String word) {
    return switch (dialect) {
      case CHAT_ASKED, CHAT_HIDDEN ->
          data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}", word);
      case MESSAGES -> event("content_block_delta", "\"delta\":{\"text\":\"" + word + "\"}");
      case GEMINI ->
          data(
              "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}]}}],\"usageMetadata\":{\"promptTokenCount\":%d,\"candidatesTokenCount\":%d,\"totalTokenCount\":%d}}",
              word, number, COMPLETION_TOKENS, number + COMPLETION_TOKENS);
    };
  }

  private String input() {
    return "\"input_tokens\":" + number + ",\"output_tokens\":1";
  }

  private static String event(String type, String rest) {
    return "event: " + type + "\n" + data("{\"type\":\"" + type + "\"," + rest + "}");
  }

  private static String data(String json, Object... values) {
    return "data: "
        + (values.length == 0 ? json : String.format(Locale.ROOT, json, values))
        + "\n\n";
  }
}
