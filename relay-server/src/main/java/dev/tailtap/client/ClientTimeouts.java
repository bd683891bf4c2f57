package dev.tailtap.client;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.loop.LoopSweep;
import io.netty.channel.Channel;
import java.time.Duration;

/**
 * How long a client may take: for its next request, for a head that has begun, for the bytes that
 * wait for it, for its own close; by the settings in use, which do not change during an exchange.
 * Whether a head has begun is seen from read loops that brought something and no whole head. Coarse
 * times; event loop only.
 */
final class ClientTimeouts {
  /** What a look at the clock says. */
  enum Verdict {
    FINE,
    /** It takes nothing of what waits for it. */
    STALLED,
    /** Its request's head does not come to an end. */
    HEAD_LATE,
    /** It neither asks nor closes. */
    IDLE
  }

  private static final Duration LINGER = Duration.ofSeconds(2);

  /** Longer than who asks again at once needs for that, so that nobody asks while we close. */
  private static final Duration LAST_CALL = Duration.ofSeconds(1);

  private final LoopResources loop;
  private final LoopSweep sweep;
  private final WriteStall writeStall;
  private long sinceNanos;
  private long headNanos;
  private boolean headBegun;
  private boolean tookHead; // or more of a body, in the present read loop
  private boolean lingering; // all is said: it is the client's turn to close

  ClientTimeouts(LoopResources loop, Channel channel) {
    this.loop = loop;
    sweep = loop.sweep();
    writeStall = new WriteStall(channel, limits().writeStall(), sweep.nowNanos());
    sinceNanos = sweep.nowNanos();
  }

  /** The wait for the next request begins. */
  void idle() {
    writeStall.limit(limits().writeStall());
    sinceNanos = sweep.nowNanos();
  }

  /** For how long it has been waited for the next request. */
  long idleNanos(long now) {
    return now - sinceNanos;
  }

  /** The wait for the client's close begins. */
  void linger() {
    lingering = true;
    idle();
  }

  /** The client took so much of what waits for it that more may be written. */
  void drained() {
    writeStall.drained();
  }

  /** A whole head was read. */
  void headTaken() {
    tookHead = true;
    headBegun = false;
  }

  /** More of a body was read, be it of a request that was refused: no head has begun with it. */
  void bodyTaken() {
    tookHead = true;
  }

  /** What was read so far was no head, but a handshake. */
  void handshake() {
    headBegun = false;
  }

  /**
   * A read loop is over.
   *
   * @param awaited whether nothing but a head could come
   */
  void readComplete(boolean awaited) {
    if (awaited && !tookHead && !headBegun) {
      headBegun = true;
      headNanos = sweep.nowNanos();
    }
    tookHead = false;
  }

  /** Called by each sweep; {@code growing}: whether more may be written at present. */
  Verdict look(long now, boolean inExchange, boolean growing) {
    if (writeStall.stalled(now, growing)) {
      return Verdict.STALLED;
    }
    if (inExchange) {
      return Verdict.FINE;
    }
    if (!writeStall.empty()) {
      sinceNanos = now; // it still takes its response
    }
    if (!lingering && headBegun && now - headNanos > limits().headTimeout().toNanos()) {
      return Verdict.HEAD_LATE;
    }
    return now - sinceNanos > patience().toNanos() ? Verdict.IDLE : Verdict.FINE;
  }

  private Duration patience() {
    if (lingering) {
      return LINGER;
    }
    Duration idle = limits().clientIdle();
    boolean last = loop.admission().ending() && LAST_CALL.compareTo(idle) < 0;
    return last ? LAST_CALL : idle;
  }

  private LimitsConfig limits() {
    return loop.generation().get().config().limits();
  }
}
