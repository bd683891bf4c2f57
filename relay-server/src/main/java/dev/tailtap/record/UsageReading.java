package dev.tailtap.record;

/**
 * What the tap read of one response.
 *
 * @param responseModel what answered, in the provider's words
 * @param billed what else is billed
 * @param raw the provider's own usage object, or a JSON array of several; bounded; null if none
 * @param frames complete events with data, not counting {@code [DONE]}; 1 for a JSON body
 * @param note why usage is there or not, in tokens of our own words: {@code body=event-stream
 *     last=done}; never a provider's or client's text
 */
public record UsageReading(
    UsageState state,
    String responseModel,
    String responseId,
    String finishReason,
    Tokens tokens,
    Billed billed,
    String raw,
    long frames,
    String note) {

  /** Of a response that is billed by its tokens alone. */
  public UsageReading(
      UsageState state,
      String responseModel,
      String responseId,
      String finishReason,
      Tokens tokens,
      String raw,
      long frames,
      String note) {
    this(state, responseModel, responseId, finishReason, tokens, Billed.NONE, raw, frames, note);
  }

  /** The reading of an exchange that has no response. */
  public static final UsageReading NONE = without(UsageState.ABSENT, "body=none last=none");

  /** A reading that found nothing. */
  public static UsageReading without(UsageState state, String note) {
    return new UsageReading(state, null, null, null, Tokens.UNKNOWN, null, 0, note);
  }

  /**
   * A copy of this reading with usage that was found elsewhere.
   *
   * @param source where, for the note
   */
  public UsageReading withUsage(UsageState found, Tokens counts, String object, String source) {
    return new UsageReading(
        found,
        responseModel,
        responseId,
        finishReason,
        counts,
        billed,
        object,
        frames,
        note + " source=" + source);
  }

  /** A copy of this reading with what else is billed. */
  public UsageReading withBilled(Billed what) {
    return new UsageReading(
        state, responseModel, responseId, finishReason, tokens, what, raw, frames, note);
  }

  /** Whether anything is billed of it: a response under way may be said to have used nothing. */
  boolean isAboveZero() {
    return tokens.isAboveZero() || billed.isAboveZero();
  }

  /** A copy of this reading whose counts another row has. */
  public UsageReading repeated() {
    return new UsageReading(
        UsageState.REPEATED,
        responseModel,
        responseId,
        finishReason,
        Tokens.UNKNOWN,
        billed.uncounted(),
        raw,
        frames,
        note);
  }

  /** A copy of this reading with more words before the note's own. */
  public UsageReading noted(String words) {
    return new UsageReading(
        state,
        responseModel,
        responseId,
        finishReason,
        tokens,
        billed,
        raw,
        frames,
        words + ' ' + note);
  }
}
