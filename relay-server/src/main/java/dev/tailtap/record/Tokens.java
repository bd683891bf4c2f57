package dev.tailtap.record;

import java.util.stream.Stream;

/**
 * Counts of tokens, of one response or of many, with one meaning over all dialects. What nobody
 * reported is null, never 0.
 *
 * @param prompt everything that went in, cached and cache-written tokens included
 * @param completion everything that came out, reasoning included
 * @param total what the provider says, else the sum of the two
 * @param cached the part of the prompt that was read from a cache
 * @param cacheWrite the part of the prompt that was written to a cache
 * @param reasoning the part of the completion that was thought and not said
 */
public record Tokens(
    Long prompt, Long completion, Long total, Long cached, Long cacheWrite, Long reasoning) {

  /** Nothing reported. */
  public static final Tokens UNKNOWN = new Tokens(null, null, null, null, null, null);

  /** Whether any of them is more than nothing. */
  boolean isAboveZero() {
    return Stream.of(prompt, completion, total, cached, cacheWrite, reasoning)
        .anyMatch(count -> count != null && count > 0);
  }

  /** Whether the call counts as one with usage: parts of a whole alone do not make it one. */
  public boolean isKnown() {
    return prompt != null || completion != null || total != null;
  }
}
