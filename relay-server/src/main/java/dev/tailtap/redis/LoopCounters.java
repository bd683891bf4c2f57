package dev.tailtap.redis;

import dev.tailtap.redis.Script.Operation;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The shared buckets as one event loop asks them, on a connection of its own: one round trip to be
 * admitted, and none to wait for at the end. Leases of streams are renewed while their calls go on,
 * so that a relay that is killed holds none for longer than 100 s. Never throws. Event loop only.
 */
public final class LoopCounters {
  private static final int WORDS_OF_ADMISSION = 3;
  private static final int WORDS_OF_ENDING = 5;

  private final EventLoop loop;
  private final long patienceNanos;
  private final Link link;
  private final Leases leases;
  private final Untold untold;
  private final Stats stats;
  private Future<?> renewals; // null before it is open

  /**
   * Of one loop.
   *
   * @param untold of all loops together
   */
  LoopCounters(
      EventLoop loop, Link.Target target, Untold untold, Stats stats, Link.Watcher watcher) {
    this.loop = loop;
    this.untold = untold;
    this.stats = stats;
    patienceNanos = target.patience().toNanos();
    link = new Link(loop, target, stats, new Renewing(watcher));
    leases = new Leases(link, patienceNanos);
  }

  /** Connects. */
  void open() {
    renewals =
        loop.scheduleAtFixedRate(
            this::renew, Leases.RENEWAL_MILLIS, Leases.RENEWAL_MILLIS, TimeUnit.MILLISECONDS);
    link.open();
  }

  private void renew() {
    leases.renew();
    catchUp();
  }

  /** Tells what could not be told before, lot by lot, if the server can be asked. */
  private void catchUp() {
    List<Untold.Sum> lot =
        hindrance() == null ? untold.take(Claim.MOST, loop.ticker().nanoTime()) : List.of();
    if (!lot.isEmpty()) {
      ByteBuf out = link.out();
      int many = lot.size();
      link.script().begin(out, Operation.SETTLE, many, 1 + WORDS_OF_ENDING * many);
      lot.forEach(sum -> out.writeBytes(sum.bucket().key()));
      link.script().behindKeys(out, Operation.SETTLE);
      Ending.writeUntold(lot, out);
      link.ask(new Settlement(this::catchUp), patienceNanos);
    }
  }

  /** Tells what was to be told, and ends. */
  void close() {
    renewals.cancel(false);
    link.close();
  }

  /**
   * Asks whether a call may go on; see {@link Asker} for the answer.
   *
   * @param claims at least one and {@link Claim#MOST} at the most, each of another bucket
   * @param id of the call, and of no other
   * @param given how many are reserved where a claim leaves it to its caller; -1: nobody knows
   */
  public void admit(List<Claim> claims, String id, double given, Asker asker) {
    assert loop.inEventLoop();
    Admission admission = new Admission(new Grant(claims, id), asker);
    Label hindrance = hindrance();
    if (hindrance != null) {
      admission.failed(hindrance, null);
      return;
    }
    int many = claims.size();
    ByteBuf out = link.out();
    link.script().begin(out, Operation.ADMIT, many, 3 + WORDS_OF_ADMISSION * many);
    for (int i = 0; i < many; i++) {
      out.writeBytes(claims.get(i).key());
    }
    link.script().behindKeys(out, Operation.ADMIT);
    Resp.bulk(out, Leases.MILLIS);
    Resp.bulk(out, id);
    Resp.bulk(out, given);
    for (int i = 0; i < many; i++) {
      out.writeBytes(claims.get(i).admission());
    }
    link.ask(admission, patienceNanos);
  }

  /**
   * Ends a grant with what the call has cost; once more does nothing. Nobody waits for it.
   *
   * @param costs of each claim, of which those of requests and streams do not matter; -1: not
   *     known, so that what was reserved stays charged; NaN: nothing, and no call to learn from
   */
  public void settle(Grant grant, double[] costs) {
    end(grant, Ending.settled(grant, costs));
  }

  /** Ends a grant as if it had not been, for a call that has reached no upstream. */
  public void withdraw(Grant grant) {
    end(grant, Ending.withdrawn(grant));
  }

  private void end(Grant grant, Ending ending) {
    assert loop.inEventLoop();
    if (!grant.ended()) {
      grant.end();
      leases.letGo(grant);
      tell(ending);
    }
  }

  /** Why nothing can be asked; null: it can. */
  private Label hindrance() {
    if (!link.takes()) {
      return Label.SHARED_DOWN;
    }
    return link.full() ? Label.SHARED_FULL : null;
  }

  private void tell(Ending ending) {
    int many = ending.size();
    if (many == 0) {
      return;
    }
    if (hindrance() != null) {
      if (!ending.keep(untold, loop.ticker().nanoTime())) {
        stats.count(Metric.SHARED_UNSETTLED);
      }
      return;
    }
    ByteBuf out = link.out();
    link.script().begin(out, Operation.SETTLE, many, 1 + WORDS_OF_ENDING * many);
    ending.writeKeys(out);
    link.script().behindKeys(out, Operation.SETTLE);
    ending.writeArguments(out);
    link.ask(new Settlement(null), patienceNanos);
  }

  /** One that asks to be admitted. */
  private final class Admission extends Question {
    private final Grant grant;
    private final Asker asker;

    Admission(Grant grant, Asker asker) {
      this.grant = grant;
      this.asker = asker;
    }

    @Override
    void answered(Reply reply) {
      if (isAdmission(reply)) {
        stats.count(Label.SHARED_ADMITTED);
        grant.admitted(reply);
        leases.hold(grant);
        asker.admitted(grant);
      } else if (isRefusal(reply)) {
        stats.count(Label.SHARED_REFUSED);
        asker.refused((int) reply.number(0) - 1, reply.number(1));
      } else {
        failed(Label.SHARED_ERROR, null);
      }
    }

    @Override
    void failed(Label why, String error) {
      stats.count(why);
      leases.hold(grant);
      asker.away(grant);
    }

    /** Whose call goes on has it after all; of one that has ended it is given back. */
    @Override
    void answeredLate(Reply reply) {
      if (isAdmission(reply)) {
        grant.admitted(reply);
        if (grant.ended()) {
          tell(Ending.withdrawn(grant));
        }
      }
    }

    private boolean isAdmission(Reply reply) {
      return reply.count() == 1 + 2 * grant.claims().size() && reply.number(0) == 0;
    }

    private boolean isRefusal(Reply reply) {
      return reply.count() == 2
          && reply.number(0) > 0
          && reply.number(0) <= grant.claims().size()
          && reply.number(1) >= 0;
    }
  }

  /** One that tells of an end, or of several. */
  private final class Settlement extends Question {
    private final Runnable then; // null: nothing

    Settlement(Runnable then) {
      this.then = then;
    }

    @Override
    void answered(Reply reply) {
      long cut = reply.count() == 1 ? reply.number(0) : 0;
      if (cut > 0) {
        stats.add(Metric.SHARED_DEBTS_CUT, cut);
      }
      if (then != null) {
        then.run();
      }
    }

    /** It may have been done all the same: told again, it could count twice. */
    @Override
    void failed(Label why, String error) {
      stats.count(Metric.SHARED_UNSETTLED);
    }
  }

  /** A server that comes back may have lost the leases. */
  private final class Renewing implements Link.Watcher {
    private final Link.Watcher watcher;

    Renewing(Link.Watcher watcher) {
      this.watcher = watcher;
    }

    @Override
    public void up() {
      watcher.up();
      renew();
    }

    @Override
    public void away(String why) {
      watcher.away(why);
    }
  }
}
