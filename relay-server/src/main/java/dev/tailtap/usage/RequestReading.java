package dev.tailtap.usage;

/**
 * What a request body says of itself at its top level; null: it does not say.
 *
 * @param stream whether the answer is to be streamed
 * @param includeUsage {@code stream_options.include_usage}
 * @param store whether the provider is to keep the answer
 * @param maxTokens how many the answer may have
 */
public record RequestReading(
    String model, Boolean stream, Boolean includeUsage, Boolean store, Long maxTokens) {
  /** The reading of a body that says nothing. */
  public static final RequestReading NONE = new RequestReading(null, null, null, null);

  /** Of one that does not limit its answer. */
  public RequestReading(String model, Boolean stream, Boolean includeUsage, Boolean store) {
    this(model, stream, includeUsage, store, null);
  }
}
