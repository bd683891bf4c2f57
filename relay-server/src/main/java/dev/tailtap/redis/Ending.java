package dev.tailtap.redis;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * What the server is told of a call's end: of each bucket that it changes, what was reserved and
 * what it was. Immutable.
 */
final class Ending {
  private static final double UNKNOWN = -1;
  private static final byte[] REQUEST = Resp.words("r");
  private static final byte[] PLAIN = Resp.words("t");
  private static final byte[] OF_MEAN = Resp.words("m");
  private static final byte[] LEASE = Resp.words("s");

  private final List<Claim> claims;
  private final String id;
  private final long[] reserved;
  private final double[] costs; // null: there are none, as if the call had not been

  private Ending(List<Claim> claims, String id, long[] reserved, double[] costs) {
    this.claims = claims;
    this.id = id;
    this.reserved = reserved;
    this.costs = costs;
  }

  /** With costs by claim, -1 where one is not known, NaN where there was none. */
  static Ending settled(Grant grant, double[] costs) {
    return new Ending(grant.claims(), grant.id(), grant.reserved(), costs);
  }

  /** As if it had not been admitted. */
  static Ending withdrawn(Grant grant) {
    return new Ending(grant.claims(), grant.id(), grant.reserved(), null);
  }

  /** How many buckets change. */
  int size() {
    int size = 0;
    for (int i = 0; i < reserved.length; i++) {
      size += changes(i) ? 1 : 0;
    }
    return size;
  }

  void writeKeys(ByteBuf out) {
    for (int i = 0; i < reserved.length; i++) {
      if (changes(i)) {
        out.writeBytes(claims.get(i).key());
      }
    }
  }

  void writeArguments(ByteBuf out) {
    Resp.bulk(out, id);
    for (int i = 0; i < reserved.length; i++) {
      if (changes(i)) {
        out.writeBytes(letter(i));
        out.writeBytes(claims.get(i).settling());
        Resp.bulk(out, reserved[i]);
        Resp.bulk(out, cost(i));
      }
    }
  }

  /**
   * Keeps what could not be told: of streams nothing, whose leases end by themselves.
   *
   * @return whether all is kept
   */
  boolean keep(Untold untold, long now) {
    boolean kept = true;
    for (int i = 0; i < reserved.length; i++) {
      Claim claim = claims.get(i);
      if (claim.kind() != Claim.Kind.STREAMS && changes(i)) {
        boolean tokens = claim.kind() == Claim.Kind.TOKENS;
        double before = tokens ? reserved[i] : reserved[i] * claim.microsEach();
        kept &= untold.add(claim, cost(i) * claim.microsEach() - before, now);
      }
    }
    return kept;
  }

  /** What is told of buckets at once, after the server was away: what is in use, and no mean. */
  static void writeUntold(List<Untold.Sum> sums, ByteBuf out) {
    Resp.bulk(out, "");
    for (Untold.Sum sum : sums) {
      out.writeBytes(PLAIN);
      out.writeBytes(sum.bucket().settling());
      Resp.bulk(out, -Math.round(sum.micros()));
      Resp.bulk(out, 0);
    }
  }

  private boolean changes(int claim) {
    return switch (claims.get(claim).kind()) {
      case REQUESTS -> cost(claim) != reserved[claim];
      case TOKENS ->
          cost(claim) > 0 || (cost(claim) == 0 && (reserved[claim] > 0 || ofMean(claim)));
      case STREAMS -> true;
    };
  }

  /** Below zero: what was reserved stays. */
  private double cost(int claim) {
    return switch (claims.get(claim).kind()) {
      case REQUESTS -> costs == null ? 0 : 1;
      case TOKENS -> isNone(claim) ? 0 : costs[claim] >= 0 ? costs[claim] : UNKNOWN;
      case STREAMS -> 0;
    };
  }

  private byte[] letter(int claim) {
    return switch (claims.get(claim).kind()) {
      case REQUESTS -> REQUEST;
      case TOKENS -> ofMean(claim) ? OF_MEAN : PLAIN;
      case STREAMS -> LEASE;
    };
  }

  /** A call that was none has cost nothing, and says nothing of what calls cost. */
  private boolean ofMean(int claim) {
    return !isNone(claim) && claims.get(claim).hasMean();
  }

  private boolean isNone(int claim) {
    return costs == null || Double.isNaN(costs[claim]);
  }
}
