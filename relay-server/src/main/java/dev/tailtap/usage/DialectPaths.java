package dev.tailtap.usage;

/** Tells the dialect by the end of a request path, as the vendors document their endpoints. */
public final class DialectPaths {
  private record Ending(String text, Dialect dialect) {}

  private static final Ending[] ENDINGS = {
    new Ending("/chat/completions", Dialect.OPENAI_CHAT),
    new Ending("/completions", Dialect.OPENAI_COMPLETIONS),
    new Ending("/responses", Dialect.OPENAI_RESPONSES),
    new Ending("/embeddings", Dialect.OPENAI_EMBEDDINGS),
    new Ending("/audio/transcriptions", Dialect.OPENAI_AUDIO),
    new Ending("/audio/translations", Dialect.OPENAI_AUDIO),
    new Ending("/v1/messages", Dialect.ANTHROPIC),
    new Ending("/v1/complete", Dialect.ANTHROPIC),
    new Ending(":streamGenerateContent", Dialect.GEMINI),
    new Ending(":generateContent", Dialect.GEMINI),
    new Ending("/interactions", Dialect.GEMINI_INTERACTIONS),
    new Ending("/v2/chat", Dialect.COHERE),
    new Ending("/api/chat", Dialect.OLLAMA),
    new Ending("/api/generate", Dialect.OLLAMA),
    new Ending("/converse", Dialect.BEDROCK),
    new Ending("/converse-stream", Dialect.BEDROCK),
    new Ending("/invoke", Dialect.BEDROCK),
    new Ending("/invoke-with-response-stream", Dialect.BEDROCK),
    new Ending("/ml/v1/text/generation", Dialect.WATSONX),
    new Ending("/ml/v1/text/generation_stream", Dialect.WATSONX),
    new Ending("/api/v1/chat", Dialect.LM_STUDIO),
  };

  private DialectPaths() {}

  /** The dialect that a request path, without its query, is answered in. */
  public static Dialect dialect(String path) {
    String end = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    for (Ending ending : ENDINGS) {
      if (end.endsWith(ending.text)) {
        return ending.dialect;
      }
    }
    if (path.contains("/publishers/anthropic/")) {
      return Dialect.ANTHROPIC;
    }
    if (path.contains("/threads/")) {
      return Dialect.OPENAI_ASSISTANTS;
    }
    if (path.contains("/services/aigc/")) {
      return Dialect.DASHSCOPE;
    }
    return path.contains("/ai/run/") ? Dialect.CLOUDFLARE : Dialect.UNKNOWN;
  }
}
