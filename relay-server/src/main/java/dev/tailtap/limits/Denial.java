package dev.tailtap.limits;

/**
 * Why a request is refused, and what its client is to do.
 *
 * @param retryAfterSeconds when to ask again, if that helps; at least 1
 * @param limit the name of the limit that it is for; null: of none that is set by name
 * @param fields what the answer says of that limit; null: nothing
 */
public record Denial(Refusal why, long retryAfterSeconds, String limit, LimitFields fields) {
  /** Clients' libraries wait no longer than this by themselves. */
  private static final long LONG_SECONDS = 60;

  /** Of what may be there again at once. */
  public Denial(Refusal why) {
    this(why, 1);
  }

  /** Of no limit that is set by name. */
  public Denial(Refusal why, long retryAfterSeconds) {
    this(why, retryAfterSeconds, null, null);
  }

  /** Whether a client that asks again by itself would do so in vain. */
  public boolean lasting() {
    return why == Refusal.BUDGET || (limit != null && retryAfterSeconds > LONG_SECONDS);
  }
}
