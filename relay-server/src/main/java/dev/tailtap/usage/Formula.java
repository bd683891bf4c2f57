package dev.tailtap.usage;

/**
 * From a provider's counts to the columns of a record, by the names that they go by. The names
 * decide, not the provider: they are distinct wherever the meaning is. Where several are given the
 * first counts that has a number. The vendors' API references are the source of each; what they
 * leave open was checked on recorded answers, where prompt and completion make the total.
 */
final class Formula {
  /** With cached tokens: OpenAI, Gemini, its interactions, Cohere, Ollama, Llama, watsonx. */
  private static final String[] INPUT = {
    "prompt_tokens",
    "promptTokenCount",
    "total_input_tokens",
    "tokens.input_tokens",
    "prompt_eval_count",
    "prompt_token_count",
    "input_token_count"
  };

  /** With cached tokens at OpenAI's responses; without at Anthropic and Bedrock. */
  private static final String[] INPUT_BESIDE_CACHE = {
    "input_tokens", "inputTokens", "inputTokenCount", "billed_units.input_tokens"
  };

  /** Anthropic and Bedrock: not in the input. Databricks: in its prompt tokens. */
  private static final String[] CACHE_READ = {
    "cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount"
  };

  /** Anthropic and Bedrock: not in the input either. */
  private static final String[] CACHE_WRITE = {
    "cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount"
  };

  /** OpenAI, OpenRouter: a part of the input. */
  private static final String[] CACHE_WRITE_WITHIN = {
    "prompt_tokens_details.cache_write_tokens", "input_tokens_details.cache_write_tokens"
  };

  /** OpenAI; as Mistral misspells it; DeepSeek; Together and Moonshot; Mistral; Gemini. */
  private static final String[] CACHED = {
    "prompt_tokens_details.cached_tokens",
    "prompt_token_details.cached_tokens",
    "input_tokens_details.cached_tokens",
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "num_cached_tokens",
    "cachedContentTokenCount",
    "total_cached_tokens"
  };

  /** Gemini and its interactions: results of tools, not in the input. */
  private static final String[] TOOL_PROMPT = {"toolUsePromptTokenCount", "total_tool_use_tokens"};

  private static final String[] OUTPUT = {
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
    "billed_units.output_tokens"
  };

  /** Gemini and its interactions: not in the output. */
  private static final String[] THOUGHTS = {"thoughtsTokenCount", "total_thought_tokens"};

  /** In the output everywhere but at xAI's chat, which uses the same names. */
  private static final String[] CHAT_REASONING = {
    "completion_tokens_details.reasoning_tokens", "reasoning_tokens"
  };

  /** Responses; Anthropic; LM Studio. */
  private static final String[] OTHER_REASONING = {
    "output_tokens_details.reasoning_tokens",
    "output_tokens_details.thinking_tokens",
    "reasoning_output_tokens"
  };

  private static final String[] TOTAL = {"total_tokens", "totalTokenCount", "totalTokens"};

  private final Counts counts;
  private final Long reportedTotal;
  private final Long prompt;
  private final Long completion;

  Formula(Counts counts) {
    this.counts = counts;
    this.reportedTotal = counts.first(TOTAL);
    this.prompt = promptOf();
    this.completion = completionOf();
  }

  /** Whether there is any count to record. */
  boolean isKnown() {
    return prompt != null || completion != null || reportedTotal != null;
  }

  /** All that went in. */
  Long prompt() {
    return prompt;
  }

  /** All that came out. */
  Long completion() {
    return completion;
  }

  /** What the provider says; where it says nothing the sum of the two, if both are known. */
  Long total() {
    boolean silent = reportedTotal == null && prompt != null && completion != null;
    return silent ? sum(prompt, completion) : reportedTotal;
  }

  /** The part of the prompt that was read from a cache. */
  Long cached() {
    return either(counts.first(CACHED), counts.first(CACHE_READ));
  }

  /** The part of the prompt that was written to a cache. */
  Long cacheWrite() {
    return either(counts.first(CACHE_WRITE), counts.first(CACHE_WRITE_WITHIN));
  }

  /** The part of the completion that was thought and not said. */
  Long reasoning() {
    Long chat = counts.first(CHAT_REASONING);
    return either(chat, either(counts.first(OTHER_REASONING), counts.first(THOUGHTS)));
  }

  private Long promptOf() {
    Long tools = counts.first(TOOL_PROMPT);
    Long input = counts.first(INPUT);
    if (input != null) {
      return sum(input, tools);
    }
    Long beside = counts.first(INPUT_BESIDE_CACHE);
    return sum(sum(beside, counts.first(CACHE_READ)), sum(counts.first(CACHE_WRITE), tools));
  }

  /** With the reasoning, where a total that is exactly all three together shows it to be apart. */
  private Long completionOf() {
    Long output = sum(counts.first(OUTPUT), counts.first(THOUGHTS));
    Long reasoning = counts.first(CHAT_REASONING);
    if (output == null || reasoning == null || reportedTotal == null || prompt == null) {
      return output;
    }
    return reportedTotal == prompt + output + reasoning ? sum(output, reasoning) : output;
  }

  /** The sum of what is known; null if nothing is. */
  private static Long sum(Long a, Long b) {
    return a == null || b == null ? either(a, b) : Long.valueOf(a + b);
  }

  private static Long either(Long a, Long b) {
    return a != null ? a : b;
  }
}
