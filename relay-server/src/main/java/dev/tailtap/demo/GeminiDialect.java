package dev.tailtap.demo;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Google's Gemini: the model stands in the path, several tokens come at a time, and every frame
 * carries the usage so far. Server-sent events with {@code alt=sse}, else one growing JSON array.
 */
final class GeminiDialect implements Dialect {
  private static final Pattern PATH =
      Pattern.compile("/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)");
  private static final int PIECES = 4;
  private static final Speech SPEECH =
      new Speech(
          "In this dialect every frame carries the usage so far, and only the last one is right."
              + " Thoughts are counted apart from the words, yet both are what came out.",
          96);

  @Override
  public String prefix() {
    return "/v1beta";
  }

  @Override
  public boolean serves(String path) {
    return PATH.matcher(path).matches();
  }

  @Override
  public Prompt read(URI uri, byte[] body) {
    Matcher path = PATH.matcher(uri.getPath());
    return path.matches()
        ? Prompt.of(body).with(path.group(1), path.group(2).startsWith("stream"), sse(uri))
        : Prompt.of(body);
  }

  @Override
  public Map<String, String> headers(Prompt prompt) {
    return Map.of("Content-Disposition", "attachment", "X-Content-Type-Options", "nosniff");
  }

  @Override
  public String streamType(Prompt prompt) {
    return prompt.events() ? "text/event-stream" : "application/json; charset=UTF-8";
  }

  @Override
  public List<String> stream(Prompt prompt) {
    List<String> frames = new ArrayList<>();
    List<String> pieces = SPEECH.pieces();
    for (int from = 0; from < pieces.size(); from += PIECES) {
      int to = Math.min(from + PIECES, pieces.size());
      String text = String.join("", pieces.subList(from, to));
      String json = response(prompt, Json.quoted(text), to, to == pieces.size());
      frames.add(
          prompt.events() ? "data: " + json + "\r\n\r\n" : (from == 0 ? "[" : ",\r\n") + json);
    }
    if (!prompt.events()) {
      frames.add("]");
    }
    return frames;
  }

  @Override
  public String whole(Prompt prompt) {
    return response(prompt, SPEECH.quoted(), SPEECH.pieces().size(), true) + "\n";
  }

  @Override
  public String failure(int status, String message) {
    return """
        {
          "error": {
            "code": %s,
            "message": %s,
            "status": "%s"
          }
        }
        """
        .formatted(status, Json.quoted(message), status == 404 ? "NOT_FOUND" : "INVALID_ARGUMENT");
  }

  private static String response(Prompt prompt, String quotedText, int words, boolean last) {
    return """
        {"candidates": [{"content": {"parts": [{"text": %s}],"role": "model"}%s,"index": 0}],\
        "usageMetadata": {"promptTokenCount": %s,"candidatesTokenCount": %s,\
        "totalTokenCount": %s,"cachedContentTokenCount": %s,\
        "promptTokensDetails": [{"modality": "TEXT","tokenCount": %s}],"thoughtsTokenCount": %s},\
        "modelVersion": %s,"responseId": "%s"}"""
        .formatted(
            quotedText,
            last ? ",\"finishReason\": \"STOP\"" : "",
            prompt.tokens(),
            words,
            prompt.tokens() + words + SPEECH.reasoningTokens(),
            prompt.cachedTokens(),
            prompt.tokens(),
            SPEECH.reasoningTokens(),
            prompt.quotedModel(),
            prompt.id());
  }

  private static boolean sse(URI uri) {
    String query = uri.getQuery();
    return query != null && Arrays.asList(query.split("&", -1)).contains("alt=sse");
  }
}
