package dev.tailtap.exchange;

import dev.tailtap.http1.ErrorShape;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.DialectPaths;
import io.netty.handler.codec.http.HttpHeaders;

/** Finds the shape in which a request's client reads errors; where nothing tells, OpenAI's. */
public final class ErrorShapes {
  private ErrorShapes() {}

  /**
   * Of a request that has no route, or no dialect by its route.
   *
   * @param path without its query; null: unknown
   * @param headers null: unknown
   */
  public static ErrorShape of(String path, HttpHeaders headers) {
    Dialect dialect = path == null ? Dialect.UNKNOWN : DialectPaths.dialect(path);
    return of(dialect, path, headers);
  }

  /** The same where the dialect of its answers is known. */
  static ErrorShape of(Dialect dialect, String path, HttpHeaders headers) {
    return switch (dialect) {
      case ANTHROPIC -> ErrorShape.ANTHROPIC;
      case GEMINI, GEMINI_INTERACTIONS -> ErrorShape.GEMINI;
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          OPENAI_AUDIO,
          OPENAI_ASSISTANTS,
          COHERE,
          OLLAMA,
          DASHSCOPE,
          BEDROCK,
          WATSONX,
          LM_STUDIO,
          CLOUDFLARE ->
          ErrorShape.OPENAI;
      case UNKNOWN -> ofHints(path, headers);
    };
  }

  /** Fields and paths that one API alone has, of its endpoints that report no usage. */
  private static ErrorShape ofHints(String path, HttpHeaders headers) {
    boolean messages = path != null && path.contains("/v1/messages/");
    if (messages || (headers != null && headers.contains("anthropic-version"))) {
      return ErrorShape.ANTHROPIC;
    }
    boolean google = path != null && path.contains("/v1beta/models/");
    if (google || (headers != null && headers.contains("x-goog-api-key"))) {
      return ErrorShape.GEMINI;
    }
    return ErrorShape.OPENAI;
  }
}
