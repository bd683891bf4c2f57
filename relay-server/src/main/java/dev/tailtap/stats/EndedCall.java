package dev.tailtap.stats;

/**
 * One try of a call that is over, as the figures by upstream and model count it. Times are in
 * seconds; NaN is not known.
 *
 * @param model what the upstream was asked for, bounded and clean; empty: nobody said
 * @param operation what was asked, and {@code provider} whose language was spoken, both in the
 *     words of OpenTelemetry's gen_ai conventions
 * @param completed whether the answer came whole, with a status below 400
 * @param failed whether the upstream did it wrong, and no client
 * @param metered whether its usage is the provider's last word
 * @param firstEvent from its beginning to the first event with data
 * @param outputToken per token after the first event, of a stream that came whole
 */
public record EndedCall(
    String upstream,
    String model,
    String operation,
    String provider,
    boolean completed,
    boolean failed,
    boolean metered,
    double duration,
    double firstEvent,
    double outputToken,
    Counts tokens) {

  /** Tokens; what nobody reported is 0. */
  public record Counts(long input, long cached, long cacheWrite, long output, long reasoning) {}
}
