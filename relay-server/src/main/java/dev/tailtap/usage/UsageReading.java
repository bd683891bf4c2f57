package dev.tailtap.usage;

/**
 * What the tap read of one response. Numbers have one meaning over all dialects: {@code
 * promptTokens} is everything that went in, cached and cache-written tokens included; {@code
 * completionTokens} everything that came out, reasoning included. What the provider did not say is
 * null, never 0.
 *
 * @param raw the provider's own usage object, or a JSON array of several; bounded; null if none
 * @param frames complete data frames, not counting {@code [DONE]}; 1 for a JSON body
 * @param note why usage is there or not, in tokens of our own words: {@code body=event-stream
 *     last=done}; never a provider's or client's text
 */
public record UsageReading(
    UsageState state,
    String responseModel,
    String responseId,
    String finishReason,
    Long promptTokens,
    Long completionTokens,
    Long totalTokens,
    Long cachedTokens,
    Long cacheWriteTokens,
    Long reasoningTokens,
    String raw,
    long frames,
    String note) {

  /** Of an exchange that has no response to read. */
  public static final UsageReading NONE =
      new UsageReading(
          UsageState.ABSENT,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          0,
          "body=none last=none");

  /** The same with more tokens before its own. */
  public UsageReading noted(String tokens) {
    return new UsageReading(
        state,
        responseModel,
        responseId,
        finishReason,
        promptTokens,
        completionTokens,
        totalTokens,
        cachedTokens,
        cacheWriteTokens,
        reasoningTokens,
        raw,
        frames,
        tokens + ' ' + note);
  }
}
