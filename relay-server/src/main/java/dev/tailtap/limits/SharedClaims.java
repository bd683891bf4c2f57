package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.redis.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What each call asks of one bucket that relays share: made once, since it is bytes on their way to
 * a server. Immutable.
 *
 * @param terms of all relays together
 * @param tokens which of the claims is that of tokens; -1: none is
 */
record SharedClaims(
    String limit, Terms terms, LimitConfig.Reserve reserve, List<Claim> claims, int tokens) {
  /** Copies the list. */
  SharedClaims {
    claims = List.copyOf(claims);
  }

  /**
   * Those of a limit's bucket.
   *
   * @param bucket a text that no other bucket of this limit has
   */
  static SharedClaims of(LimitConfig limit, Terms whole, String bucket) {
    String key = limit.name() + '/' + bucket + '/';
    List<Claim> claims = new ArrayList<>();
    int tokens = -1;
    if (whole.countsRequests()) {
      claims.add(
          Claim.requests(key + "requests", (double) whole.requestNanos(), whole.requestSize()));
    }
    if (whole.countsTokens()) {
      tokens = claims.size();
      String unit = limit.unit().name().toLowerCase(Locale.ROOT); // one says nothing of another
      claims.add(
          Claim.tokens(
              key + unit,
              whole.tokenNanos(),
              whole.tokenSize(),
              whole.tokenMost(),
              reserve(limit)));
    }
    if (limit.streams() > 0) {
      claims.add(Claim.streams(key + "streams", whole.streams()));
    }
    return new SharedClaims(limit.name(), whole, limit.reserve(), claims, tokens);
  }

  /** Whether they are still right, of a limit that has kept its name and unit. */
  boolean isOf(LimitConfig limit, Terms whole) {
    return reserve == limit.reserve() && terms.equals(whole);
  }

  private static Claim.Reserve reserve(LimitConfig limit) {
    return switch (limit.reserve()) {
      case MEAN -> Claim.Reserve.MEAN;
      case NONE -> Claim.Reserve.NONE;
      case MAX_TOKENS -> Claim.Reserve.GIVEN;
    };
  }
}
