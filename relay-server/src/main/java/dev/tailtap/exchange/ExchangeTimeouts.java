package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long an exchange may stand still, by what it waits for. Times are those of the loop's sweep:
 * coarse, and free to note. A limit of zero is none. Event loop only.
 */
final class ExchangeTimeouts {
  private static final Duration NAME_GRACE = Duration.ofSeconds(1);

  /** For an answer that says why there is none. */
  private static final Duration ANSWER_GRACE = Duration.ofSeconds(1);

  private final LoopResources loop;
  private final RelayConfig config;
  private UpstreamConfig upstream; // of the present attempt; null: none has begun
  private long startedNanos; // the exchange, or its draining once the client is gone
  private long movedNanos;
  private long askedNanos; // when the upstream had all that it has answered to
  private boolean event; // is awaited of a response; else its rest, since then
  private long sweptNanos;
  private long listenedNanos; // for which the request was read and had not come to its end
  private long beatNanos;

  /** Begins, without an upstream. */
  ExchangeTimeouts(LoopResources loop, RelayConfig config) {
    this.loop = loop;
    this.config = config;
    startedNanos = loop.sweep().nowNanos();
    movedNanos = startedNanos;
    beatNanos = startedNanos;
    sweptNanos = startedNanos;
  }

  /** The side that is waited for did something, or the wait begins. */
  void moved() {
    movedNanos = loop.sweep().nowNanos();
  }

  /** A try of an upstream begins, whose limits count from now on. */
  void attempt(UpstreamConfig of) {
    upstream = of;
    moved();
  }

  /** The head of a response has come. */
  void answered() {
    askedNanos = movedNanos;
    moved();
  }

  /**
   * The response is not the client's yet.
   *
   * @param awaited whether its first event is; else its rest
   */
  void held(boolean awaited) {
    event = awaited;
    askedNanos = awaited ? askedNanos : loop.sweep().nowNanos();
  }

  /** The client left, and its response is drained. */
  void clientGone() {
    startedNanos = loop.sweep().nowNanos();
  }

  /**
   * Why an exchange has to end that waits for somebody; null: it may go on.
   *
   * @param paused whether the upstream is not read, for its client takes no more
   * @param listening whether the client's bytes are read at present
   */
  Ending overdue(
      ExchangePhase phase,
      boolean paused,
      RequestBody body,
      Attempts attempts,
      boolean listening,
      long now) {
    Ending slow = // looked at always, for it counts the time of its own
        body.complete() ? null : request(listening, body.bytes(), loop.admission().patience(), now);
    Ending total = phase == ExchangePhase.DRAINING ? draining(now) : total(now);
    if (total != null || (phase == ExchangePhase.STREAMING && paused)) {
      return total;
    }
    if (slow != null) {
      return slow;
    }
    return switch (phase) {
      case DRAINING, SETTLING, OVER -> null;
      case UPLOADING -> beforeHead(false, now);
      case CALLING -> calling(body, attempts, now);
      case HOLDING -> holding(now);
      case STREAMING -> streaming(now);
    };
  }

  private Ending calling(RequestBody body, Attempts attempts, long now) {
    if (attempts.waits()) {
      return null;
    }
    return attempts.stream() == null
        ? connecting(now)
        : beforeHead(!attempts.sent() || body.waitsForUpstream(), now);
  }

  /** Why an exchange that is not over by now has to end; null: it may go on. */
  Ending total(long now) {
    boolean over = upstream != null && passed(upstream.totalTimeout(), startedNanos, now);
    return over ? Ending.TOTAL_TIMEOUT : null;
  }

  /**
   * Why an exchange that has no connection yet has to end; null: it may go on. The timers of the
   * dialling come first unless a name is slow.
   */
  Ending connecting(long now) {
    Duration limit = upstream.connectTimeout().plus(NAME_GRACE);
    return passed(limit, movedNanos, now) ? Ending.CONNECT_TIMEOUT : null;
  }

  /**
   * Why an exchange whose request has not come whole has to end: its client was listened to for
   * longer than such a request may take. What the relay itself holds up does not count.
   *
   * @param listening whether the client's bytes are read at present
   * @param bytes that came of the body
   * @param patience the share of its time that it may take at present
   */
  Ending request(boolean listening, long bytes, double patience, long now) {
    listenedNanos += listening ? now - sweptNanos : 0;
    sweptNanos = now;
    LimitsConfig limits = config.limits();
    if (limits.requestTime().isZero()) {
      return null;
    }
    double most = limits.requestTime().toNanos() + (double) earned(bytes);
    return listenedNanos > most * patience ? Ending.REQUEST_TOO_SLOW : null;
  }

  private long earned(long bytes) {
    long rate = config.limits().requestRate();
    return rate == 0 ? 0 : TimeUnit.SECONDS.toNanos(bytes) / rate;
  }

  /** Why an exchange that has no head of a response yet has to end; null: it may go on. */
  Ending beforeHead(boolean upstreamsTurn, long now) {
    if (upstreamsTurn) {
      return passed(upstream.headTimeout(), movedNanos, now) ? Ending.HEAD_TIMEOUT : null;
    }
    return passed(config.limits().requestStall(), movedNanos, now) ? Ending.REQUEST_STALLED : null;
  }

  /** Why a response that is not the client's yet is waited for no longer; null: it may go on. */
  Ending holding(long now) {
    boolean idle = passed(upstream.idleTimeout(), movedNanos, now);
    if (event) {
      boolean late = passed(upstream.firstEventTimeout(), askedNanos, now);
      return idle || late ? Ending.FIRST_EVENT_TIMEOUT : null;
    }
    return idle || passed(ANSWER_GRACE, askedNanos, now) ? Ending.ANSWER_STALLED : null;
  }

  /** Why a response that its client takes as it comes has to end; null: it may go on. */
  Ending streaming(long now) {
    return passed(upstream.idleTimeout(), movedNanos, now) ? Ending.IDLE_TIMEOUT : null;
  }

  /**
   * Whether the client has heard nothing for so long that a sign of life is due; then it is due
   * again as long after that. The upstream's time goes on: this is no progress of its own.
   */
  boolean beatDue(long now) {
    Duration every = upstream.heartbeat();
    boolean due = passed(every, Math.max(movedNanos, beatNanos), now);
    if (due) {
      beatNanos = now;
    }
    return due;
  }

  /** Why a response that is drained for nobody has to end; null: it may go on. */
  Ending draining(long now) {
    return passed(config.usage().drainTime(), startedNanos, now) ? Ending.CLIENT_GONE : null;
  }

  /** Whether the end of the response has waited for its record long enough. */
  boolean settled(long now) {
    return passed(config.usage().settleTimeout(), movedNanos, now);
  }

  private static boolean passed(Duration limit, long since, long now) {
    return !limit.isZero() && now - since > limit.toNanos();
  }
}
