package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.config.UsageConfig;
import java.time.Duration;

/**
 * How long an exchange may stand still, by what it waits for. Times are those of the loop's sweep:
 * coarse, and free to note. A limit of zero is none. Event loop only.
 */
final class Deadlines {
  private static final Duration NAME_GRACE = Duration.ofSeconds(1);

  private final LoopSweep sweep;
  private final UpstreamConfig upstream;
  private final LimitsConfig limits;
  private final UsageConfig usage;
  private final long startedNanos;
  private long movedNanos;
  private long goneNanos;
  private long beatNanos;

  Deadlines(LoopShare share, UpstreamConfig upstream) {
    sweep = share.sweep();
    this.upstream = upstream;
    limits = share.config().limits();
    usage = share.config().usage();
    startedNanos = sweep.nowNanos();
    movedNanos = startedNanos;
    beatNanos = startedNanos;
  }

  /** The side that is waited for did something, or the wait begins. */
  void moved() {
    movedNanos = sweep.nowNanos();
  }

  /** The client left, and its answer is drained. */
  void clientGone() {
    goneNanos = sweep.nowNanos();
  }

  /** Why an exchange that is not over by now has to end; null: it may go on. */
  Ending total(long now) {
    return passed(upstream.totalTimeout(), startedNanos, now) ? Ending.TOTAL_TIMEOUT : null;
  }

  /** The same for the way to a connection, whose own timers come first unless a name is slow. */
  Ending connecting(long now) {
    Duration limit = upstream.connectTimeout().plus(NAME_GRACE);
    return passed(limit, movedNanos, now) ? Ending.CONNECT_TIMEOUT : null;
  }

  /** The same before the head of the answer. */
  Ending beforeHead(boolean upstreamsTurn, long now) {
    if (upstreamsTurn) {
      return passed(upstream.headTimeout(), movedNanos, now) ? Ending.HEAD_TIMEOUT : null;
    }
    return passed(limits.requestStall(), movedNanos, now) ? Ending.REQUEST_STALLED : null;
  }

  /** The same in the body, while the client takes all that comes. */
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

  /** The same while the answer is drained for nobody. */
  Ending draining(long now) {
    return passed(usage.drainTime(), goneNanos, now) ? Ending.CLIENT_GONE : null;
  }

  /** Whether the end of the answer has waited for its record long enough. */
  boolean settled(long now) {
    return passed(usage.settleTimeout(), movedNanos, now);
  }

  private static boolean passed(Duration limit, long since, long now) {
    return !limit.isZero() && now - since > limit.toNanos();
  }
}
