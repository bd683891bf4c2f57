package dev.tailtap.redis;

import java.util.List;

/**
 * What a call has of the shared buckets while it goes on: what was reserved, and that its streams'
 * leases are to be renewed. A call that was admitted while they were away has one, too, of which
 * nothing is reserved. It ends once, by {@link LoopCounters#settle} or {@link
 * LoopCounters#withdraw}. Event loop only.
 */
public final class Grant {
  private final List<Claim> claims;
  private final String id;
  private final long[] reserved;
  private final long[] left;
  private boolean shared;
  private boolean ended;
  private int place = -1; // among those whose leases are renewed; -1: none is

  Grant(List<Claim> claims, String id) {
    this.claims = claims;
    this.id = id;
    reserved = new long[claims.size()];
    left = new long[claims.size()];
  }

  /** Whether the shared buckets have admitted it; a late answer may still make this true. */
  public boolean shared() {
    return shared;
  }

  /** How many are reserved for a claim: 0 of streams, or while it is not shared. */
  public double reserved(int claim) {
    return claims.get(claim).kind() == Claim.Kind.TOKENS
        ? reserved[claim] / claims.get(claim).microsEach()
        : reserved[claim];
  }

  /** How many a claim's bucket had left behind this call. */
  public double left(int claim) {
    return left[claim] / claims.get(claim).microsEach();
  }

  List<Claim> claims() {
    return claims;
  }

  String id() {
    return id;
  }

  boolean ended() {
    return ended;
  }

  void end() {
    ended = true;
  }

  int place() {
    return place;
  }

  void place(int index) {
    place = index;
  }

  /** Of all claims as the server has them: tokens in microseconds. Not to be changed. */
  long[] reserved() {
    return reserved;
  }

  /** The server's answer: 0, and two numbers for each claim. */
  void admitted(Reply reply) {
    shared = true;
    for (int i = 0; i < reserved.length; i++) {
      reserved[i] = reply.number(2 * i + 1);
      left[i] = reply.number(2 * i + 2);
    }
  }
}
