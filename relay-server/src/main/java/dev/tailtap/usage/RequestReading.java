package dev.tailtap.usage;

/**
 * What a request body says of itself at its top level; null: it does not say.
 *
 * @param stream whether the answer is to be streamed
 * @param includeUsage {@code stream_options.include_usage}
 * @param store whether the provider is to keep the answer
 */
public record RequestReading(String model, Boolean stream, Boolean includeUsage, Boolean store) {
  /** The reading of a body that says nothing. */
  public static final RequestReading NONE = new RequestReading(null, null, null, null);
}
