package dev.tailtap.limits;

/**
 * What an answer says of limits, by draft-ietf-httpapi-ratelimit-headers: a policy, and what is
 * left of it. Tokens are no unit of the draft's, so they are told by a parameter of ours.
 *
 * @param policy of the field {@code RateLimit-Policy}
 * @param state of the field {@code RateLimit}
 */
public record LimitFields(String policy, String state) {
  public static final String POLICY = "RateLimit-Policy";
  public static final String STATE = "RateLimit";

  private static final long SECOND = 1_000_000_000;

  /** Of requests. */
  static LimitFields ofRequests(String limit, Terms terms, double left, long resetNanos) {
    String name = "\"" + limit + "-requests\"";
    long quota = terms.requestSize() / terms.requestNanos();
    return of(name, quota, terms.requestSize(), "", left, resetNanos);
  }

  /** Of tokens. */
  static LimitFields ofTokens(String limit, Terms terms, double left, long resetNanos) {
    String name = "\"" + limit + "-tokens\"";
    return of(
        name,
        (long) terms.tokenBurst(),
        terms.tokenSize(),
        ";tailtap-unit=\"tokens\"",
        left,
        resetNanos);
  }

  private static LimitFields of(
      String name, long quota, long windowNanos, String unit, double left, long resetNanos) {
    long window = Math.max(1, seconds(windowNanos));
    return new LimitFields(
        name + ";q=" + quota + ";w=" + window + unit,
        name + ";r=" + (long) Math.max(0, left) + ";t=" + seconds(resetNanos));
  }

  /** Two of them, of which each may be missing. */
  static LimitFields both(LimitFields one, LimitFields other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return new LimitFields(one.policy + ", " + other.policy, one.state + ", " + other.state);
  }

  /** In whole seconds, and rather too late than too early. */
  static long seconds(long nanos) {
    return Math.max(0, (nanos + SECOND - 1) / SECOND);
  }
}
