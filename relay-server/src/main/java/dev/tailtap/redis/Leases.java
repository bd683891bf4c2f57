package dev.tailtap.redis;

import dev.tailtap.redis.Script.Operation;
import dev.tailtap.stats.Label;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The calls of one event loop that hold places for streams. Their leases are renewed while they go
 * on, some at a time, each lot with the answer to the one before, so that no admission waits behind
 * thousands. A server that has lost its data has them back so. Event loop only.
 */
final class Leases {
  /** How long one holds by itself: three renewals may be lost. */
  static final int MILLIS = 100_000;

  static final long RENEWAL_MILLIS = 30_000;
  private static final int AT_ONCE = 128;

  private final Link link;
  private final long patienceNanos;
  private final List<Grant> held = new ArrayList<>();
  private int rest; // who stands before this place is still to be renewed
  private boolean renewing; // an answer will come

  Leases(Link link, long patienceNanos) {
    this.link = link;
    this.patienceNanos = patienceNanos;
  }

  /** From now on its leases are renewed, if it has any. */
  void hold(Grant grant) {
    if (places(grant) > 0) {
      grant.place(held.size());
      held.add(grant);
    }
  }

  /** They are not any more. */
  void letGo(Grant grant) {
    int place = grant.place();
    if (place >= 0) {
      Grant last = held.remove(held.size() - 1);
      if (last != grant) { // who moves had its turn, for that begins at the end
        held.set(place, last);
        last.place(place);
      }
    }
  }

  /** Renews all, if the server can be asked; else the next time will do. */
  void renew() {
    rest = held.size();
    if (!renewing) {
      next();
    }
  }

  private void next() {
    renewing = false;
    int end = Math.min(rest, held.size());
    int begin = Math.max(0, end - AT_ONCE);
    int many = 0;
    for (int i = begin; i < end; i++) {
      many += places(held.get(i));
    }
    if (many == 0 || !link.takes() || link.full()) {
      return;
    }
    rest = begin;
    renewing = true;
    ByteBuf out = link.out();
    link.script().begin(out, Operation.RENEW, many, 1 + many);
    for (int i = begin; i < end; i++) {
      writeKeys(held.get(i), out);
    }
    link.script().behindKeys(out, Operation.RENEW);
    Resp.bulk(out, MILLIS);
    for (int i = begin; i < end; i++) {
      for (int j = places(held.get(i)); j > 0; j--) {
        Resp.bulk(out, held.get(i).id());
      }
    }
    link.ask(new Renewal(), patienceNanos);
  }

  private static int places(Grant grant) {
    int places = 0;
    for (int i = 0; i < grant.claims().size(); i++) {
      places += grant.claims().get(i).kind() == Claim.Kind.STREAMS ? 1 : 0;
    }
    return places;
  }

  private static void writeKeys(Grant grant, ByteBuf out) {
    for (int i = 0; i < grant.claims().size(); i++) {
      if (grant.claims().get(i).kind() == Claim.Kind.STREAMS) {
        out.writeBytes(grant.claims().get(i).key());
      }
    }
  }

  /** One lot. */
  private final class Renewal extends Question {
    @Override
    void answered(Reply reply) {
      next();
    }

    @Override
    void failed(Label why, String error) {
      renewing = false;
    }
  }
}
