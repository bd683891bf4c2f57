package dev.tailtap.usage;

/** What OpenTelemetry's conventions for generative AI call a dialect. Stateless. */
public final class GenAiNames {
  private GenAiNames() {}

  /** The values of {@code gen_ai.operation.name}; those that it lacks are the relay's own. */
  public static String operation(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT,
          OPENAI_RESPONSES,
          ANTHROPIC,
          COHERE,
          OLLAMA,
          DASHSCOPE,
          BEDROCK,
          WATSONX,
          LM_STUDIO,
          CLOUDFLARE ->
          "chat";
      case OPENAI_COMPLETIONS -> "text_completion";
      case OPENAI_EMBEDDINGS -> "embeddings";
      case OPENAI_AUDIO -> "audio";
      case OPENAI_ASSISTANTS -> "invoke_agent";
      case GEMINI, GEMINI_INTERACTIONS -> "generate_content";
      case UNKNOWN -> "unknown";
    };
  }

  /** The values of {@code gen_ai.provider.name}: whose language it is, whoever speaks it. */
  public static String provider(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT,
          OPENAI_RESPONSES,
          OPENAI_COMPLETIONS,
          OPENAI_EMBEDDINGS,
          OPENAI_AUDIO,
          OPENAI_ASSISTANTS ->
          "openai";
      case ANTHROPIC -> "anthropic";
      case GEMINI, GEMINI_INTERACTIONS -> "gcp.gemini";
      case BEDROCK -> "aws.bedrock";
      case WATSONX -> "ibm.watsonx.ai";
      case COHERE, OLLAMA, DASHSCOPE, LM_STUDIO, CLOUDFLARE, UNKNOWN -> dialect.configName();
    };
  }
}
