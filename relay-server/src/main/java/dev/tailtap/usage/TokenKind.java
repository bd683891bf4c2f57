package dev.tailtap.usage;

import java.util.List;

/**
 * What a provider's count means, and the names that say so. The names decide, not the provider:
 * they are distinct wherever the meaning is. Where several are given the first counts that has a
 * number. The vendors' API references are the source of each.
 */
enum TokenKind {
  /**
   * With cached tokens: OpenAI, Gemini, its interactions, Cohere, Ollama, Llama, watsonx and
   * Replicate, llama.cpp, TGI, Titan, Vertex's embeddings.
   */
  INPUT(
      "prompt_tokens",
      "promptTokenCount",
      "total_input_tokens",
      "tokens.input_tokens",
      "prompt_eval_count",
      "prompt_token_count",
      "input_token_count",
      "tokens_evaluated",
      "input_length",
      "inputTextTokenCount",
      "token_count"),

  /** With cached tokens at OpenAI's responses; without at Anthropic and Bedrock. */
  INPUT_BESIDE_CACHE("input_tokens", "inputTokens", "inputTokenCount", "billed_units.input_tokens"),

  /** Anthropic and Bedrock: not in the input. Databricks: in its prompt tokens. */
  CACHE_READ("cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount"),

  /** Anthropic and Bedrock: not in the input either. */
  CACHE_WRITE("cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount"),

  /** OpenAI, OpenRouter, and servers that speak like OpenAI: a part of the input. */
  CACHE_WRITE_WITHIN(
      "prompt_tokens_details.cache_write_tokens",
      "input_tokens_details.cache_write_tokens",
      "prompt_tokens_details.cache_creation_tokens",
      "input_tokens_details.cache_creation_tokens",
      "prompt_tokens_details.cached_creation_tokens",
      "input_tokens_details.cached_creation_tokens",
      "prompt_tokens_details.cache_creation_input_tokens",
      "input_tokens_details.cache_creation_input_tokens",
      "cache_write_tokens",
      "cache_creation_tokens"),

  /**
   * Anthropic, Bedrock's Converse, LiteLLM: the part of what was written that stays for an hour.
   */
  CACHE_WRITE_1H(
      "cache_creation.ephemeral_1h_input_tokens",
      "cacheDetails.1h",
      "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
      "input_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens"),

  /** OpenAI; as Mistral misspells it; DeepSeek; Together and Moonshot; Mistral; Gemini. */
  CACHED(
      "prompt_tokens_details.cached_tokens",
      "prompt_token_details.cached_tokens",
      "input_tokens_details.cached_tokens",
      "input_token_details.cached_tokens",
      "prompt_cache_hit_tokens",
      "cached_tokens",
      "num_cached_tokens",
      "cachedContentTokenCount",
      "total_cached_tokens"),

  /** Gemini and its interactions; Mistral's conversations: results of tools, not in the input. */
  TOOL_PROMPT("toolUsePromptTokenCount", "total_tool_use_tokens", "connector_tokens"),

  /** Perplexity's deep research, which counts its reasoning apart where it has these. */
  CITATIONS("citation_tokens"),

  OUTPUT(
      "completion_tokens",
      "tokens.output_tokens",
      "output_tokens",
      "candidatesTokenCount",
      "responseTokenCount",
      "total_output_tokens",
      "outputTokens",
      "outputTokenCount",
      "eval_count",
      "generated_token_count",
      "generation_token_count",
      "billed_units.output_tokens",
      "output_token_count",
      "tokens_predicted",
      "generated_tokens",
      "totalOutputTextTokenCount",
      "tokenCount"),

  /** Gemini and its interactions: not in the output. */
  THOUGHTS("thoughtsTokenCount", "total_thought_tokens"),

  /** In the output everywhere but at xAI's chat, which uses the same names. */
  CHAT_REASONING("completion_tokens_details.reasoning_tokens", "reasoning_tokens"),

  /** Responses; Anthropic; LM Studio. */
  OTHER_REASONING(
      "output_tokens_details.reasoning_tokens",
      "output_tokens_details.thinking_tokens",
      "reasoning_output_tokens"),

  /** OpenAI, its realtime API, and Gemini by its modality, of which an enum may be its number. */
  AUDIO_PROMPT(
      "prompt_tokens_details.audio_tokens",
      "input_tokens_details.audio_tokens",
      "input_token_details.audio_tokens",
      "promptTokensDetails.AUDIO",
      "promptTokensDetails.4",
      "input_tokens_by_modality.audio",
      "audio_tokens"),

  AUDIO_COMPLETION(
      "completion_tokens_details.audio_tokens",
      "output_tokens_details.audio_tokens",
      "output_token_details.audio_tokens",
      "candidatesTokensDetails.AUDIO",
      "candidatesTokensDetails.4",
      "responseTokensDetails.AUDIO",
      "output_tokens_by_modality.audio"),

  IMAGE_PROMPT(
      "prompt_tokens_details.image_tokens",
      "input_tokens_details.image_tokens",
      "input_token_details.image_tokens",
      "promptTokensDetails.IMAGE",
      "promptTokensDetails.2",
      "input_tokens_by_modality.image",
      "billed_units.image_tokens",
      "image_tokens"),

  IMAGE_COMPLETION(
      "completion_tokens_details.image_tokens",
      "output_tokens_details.image_tokens",
      "output_token_details.image_tokens",
      "candidatesTokensDetails.IMAGE",
      "candidatesTokensDetails.2",
      "responseTokensDetails.IMAGE",
      "output_tokens_by_modality.image"),

  TOTAL("total_tokens", "totalTokenCount", "totalTokens");

  @SuppressWarnings("ImmutableEnumChecker") // of List.of
  private final List<String> names;

  TokenKind(String... names) {
    this.names = List.of(names);
  }

  /**
   * Names in a usage object, those of objects in it after a dot, and those by which the elements of
   * a list in it are told apart; the one that decides first.
   */
  List<String> names() {
    return names;
  }

  /** Its place in an array of all; lives no longer than the process. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }
}
