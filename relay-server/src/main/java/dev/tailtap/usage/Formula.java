package dev.tailtap.usage;

/**
 * From a provider's counts to the columns of a record, by the names that they go by. The names
 * decide, not the provider: they are distinct wherever the meaning is.
 *
 * <p>Sources: the vendors' API references of chat completions and responses (OpenAI), messages
 * (Anthropic), {@code UsageMetadata} (Gemini), chat v2 (Cohere), {@code TokenUsage} (Bedrock).
 */
final class Formula {
  private final Counts counts;

  Formula(Counts counts) {
    this.counts = counts;
  }

  /** Whether any column has a value. */
  boolean isKnown() {
    return prompt() != null || completion() != null || total() != null;
  }

  /**
   * All that went in. {@code prompt_tokens} and its like hold the cached tokens; Anthropic's {@code
   * input_tokens} and Bedrock's leave out what was read from and written to a cache, under names
   * that nobody else uses beside them; Gemini counts the results of tools apart.
   */
  Long prompt() {
    Long all =
        counts.first(
            "prompt_tokens",
            "promptTokenCount",
            "total_input_tokens",
            "tokens.input_tokens",
            "prompt_eval_count",
            "prompt_token_count",
            "input_token_count");
    if (all != null) {
      return sum(all, toolPrompt());
    }
    Long uncached = counts.first("input_tokens", "inputTokens", "inputTokenCount");
    Long input = sum(sum(uncached, cacheRead()), sum(apartWritten(), toolPrompt()));
    return input != null ? input : counts.first("billed_units.input_tokens");
  }

  /**
   * All that came out. Gemini's counts leave out thoughts. xAI's chat leaves out reasoning, which
   * only its total shows (docs.x.ai): where a total is exactly the three together, so it is there.
   */
  Long completion() {
    Long output = sum(output(), counts.first("thoughtsTokenCount", "total_thought_tokens"));
    Long reasoning = counts.first("completion_tokens_details.reasoning_tokens", "reasoning_tokens");
    Long reported = reportedTotal();
    Long prompt = prompt();
    if (output == null || reasoning == null || reported == null || prompt == null) {
      return output;
    }
    return reported == prompt + output + reasoning ? sum(output, reasoning) : output;
  }

  /** What the provider says; where it says nothing the sum of the two, if both are known. */
  Long total() {
    Long reported = reportedTotal();
    if (reported != null) {
      return reported;
    }
    Long prompt = prompt();
    Long completion = completion();
    return prompt == null || completion == null ? null : sum(prompt, completion);
  }

  /** The part of the prompt that was read from a cache. */
  Long cached() {
    Long cached =
        counts.first(
            "prompt_tokens_details.cached_tokens",
            "prompt_token_details.cached_tokens",
            "input_tokens_details.cached_tokens",
            "prompt_cache_hit_tokens",
            "cached_tokens",
            "num_cached_tokens",
            "cachedContentTokenCount",
            "total_cached_tokens");
    return cached != null ? cached : cacheRead();
  }

  /** The part of the prompt that was written to a cache. */
  Long cacheWrite() {
    Long apart = apartWritten();
    return apart != null
        ? apart
        : counts.first(
            "prompt_tokens_details.cache_write_tokens", "input_tokens_details.cache_write_tokens");
  }

  /** The part of the completion that was thought and not said. */
  Long reasoning() {
    return counts.first(
        "completion_tokens_details.reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "reasoning_tokens",
        "output_tokens_details.thinking_tokens",
        "thoughtsTokenCount",
        "total_thought_tokens",
        "reasoning_output_tokens");
  }

  private Long output() {
    return counts.first(
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
        "billed_units.output_tokens");
  }

  private Long reportedTotal() {
    return counts.first("total_tokens", "totalTokenCount", "totalTokens");
  }

  private Long cacheRead() {
    return counts.first(
        "cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount");
  }

  private Long apartWritten() {
    return counts.first(
        "cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount");
  }

  private Long toolPrompt() {
    return counts.first("toolUsePromptTokenCount", "total_tool_use_tokens");
  }

  /** The sum of what is known; null if nothing is. */
  private static Long sum(Long a, Long b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a + b;
  }
}
