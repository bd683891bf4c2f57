package dev.tailtap.limits;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is true of one call, whoever says what of it. */
final class SimulatedCall {
  final int life; // of the relay
  final String tenant;
  final long given; // tokens that its body says; -1: none
  final long askedNanos;
  final List<Try> tries = new ArrayList<>();
  long ask = -1; // its number among those that its relay asked the server; -1: it did not
  Fate fate = Fate.ASKING;
  boolean shared; // it was the server that admitted it
  boolean left; // its client, before it was answered
  boolean begun;
  long admittedNanos = -1;
  long endedNanos = -1;

  /** By limit, in tokens: what its relay took of its own bucket, and the server of the shared. */
  final Map<String, Double> ownReserved = new HashMap<>();

  final Map<String, Double> sharedReserved = new HashMap<>();

  SimulatedCall(int life, String tenant, long given, long askedNanos) {
    this.life = life;
    this.tenant = tenant;
    this.given = given;
    this.askedNanos = askedNanos;
  }

  /** What has become of it. */
  enum Fate {
    ASKING,
    REFUSED,
    UNDER_WAY,
    ENDED,
    /** Its relay died. */
    LOST
  }

  /**
   * One try.
   *
   * @param tokens null: it does not say
   */
  record Try(Long tokens, boolean partial, int status, boolean sent) {}

  /** What the server calls it, with its relay's number in the place of chance. */
  String id() {
    return life + "." + ask;
  }

  /** Whether one of its tries has said what it used. */
  boolean reported() {
    return begun && tries.stream().anyMatch(one -> one.tokens != null);
  }

  boolean partial() {
    return tries.stream().anyMatch(Try::partial);
  }

  /**
   * What a limit is to charge it in the end, as docs/LIMITS.md has it.
   *
   * @param reserved by whoever charges it
   * @param larger the larger of all that was reserved for it
   */
  double cost(double reserved, double larger) {
    if (!begun) {
      return 0;
    }
    double sum = 0;
    boolean owes = false;
    for (Try one : tries) {
      if (one.tokens != null) {
        sum += one.partial ? Math.max(one.tokens, larger) : one.tokens;
      } else {
        owes |= one.sent && one.status < 400;
      }
    }
    return reported() ? sum : owes ? reserved : 0;
  }

  /** The same by the shared bucket. */
  double sharedCost(String limit) {
    double reserved = sharedReserved.getOrDefault(limit, 0.0);
    return cost(reserved, Math.max(reserved, ownReserved.getOrDefault(limit, 0.0)));
  }

  /** The same by its relay's own. */
  double ownCost(String limit) {
    double reserved = ownReserved.getOrDefault(limit, 0.0);
    return cost(reserved, Math.max(reserved, sharedReserved.getOrDefault(limit, 0.0)));
  }

  @Override
  public String toString() {
    return "call %d.%d of %s (%s%s)".formatted(life, ask, tenant, fate, shared ? ", shared" : "");
  }
}
