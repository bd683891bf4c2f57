package dev.tailtap;

import dev.tailtap.client.RelayServer;
import dev.tailtap.limits.Admission;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * How a relay that was told to stop comes to its end: it says that it is not ready and goes on for
 * as long as its balancer needs to see that; then it accepts nobody, and waits for the streams that
 * run. The main thread; {@link #cut} any.
 */
final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** What clients without a stream may take to see that they are to go. */
  private static final long LEAVING_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);

  private final Admission admission;
  private final RelayServer server;
  private volatile Phase phase = Phase.SERVING; // by the main thread
  private volatile boolean handedOver; // by whoever hands over, before it has the process stop
  private volatile boolean cut; // by a signal

  Drain(Admission admission, RelayServer server) {
    this.admission = admission;
    this.server = server;
  }

  /** Whether it is to be sent no more requests. Any thread. */
  boolean begun() {
    return phase != Phase.SERVING;
  }

  /** Another relay serves in its place: nobody has to be told. Any thread. */
  void handedOver() {
    handedOver = true;
  }

  boolean isHandedOver() {
    return handedOver;
  }

  /** Ends the waiting. Any thread. */
  void cut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }

  /**
   * Returns once all streams have ended, or their time is over.
   *
   * @param forBalancers for which it goes on as before, unless another relay is in its place
   */
  void run(Duration forBalancers, Duration timeout) {
    enter(Phase.DELAYED);
    Duration delay = handedOver ? Duration.ZERO : forBalancers;
    long accepting = System.nanoTime() + delay.toNanos();
    if (!delay.isZero()) {
      LOG.info("event=drain_delayed millis={}", delay.toMillis());
    }
    while (!cut && accepting - System.nanoTime() > 0) {
      LockSupport.parkNanos(this, Math.min(LOOK_NANOS, accepting - System.nanoTime()));
    }
    end(timeout, false);
  }

  /** The same at once, and without a last call for those who are connected; unless it has run. */
  void runNow(Duration timeout) {
    if (phase != Phase.ENDING) {
      end(timeout, true);
    }
  }

  private void end(Duration timeout, boolean now) {
    enter(Phase.ENDING);
    long start = System.nanoTime();
    LOG.info(
        "event=drain_begun streams={} timeout_ms={}", admission.all().active(), timeout.toMillis());
    if (now) {
      server.drain();
    } else {
      server.lastCalls();
    }
    boolean empty = awaitEmpty(start + timeout.toNanos(), now);
    int left = admission.all().active();
    String reason = empty ? "all_ended" : cut ? "cut" : "timeout";
    LOG.atLevel(empty ? Level.INFO : Level.WARN)
        .log(
            "event=drain_ended reason={} streams_cut={} millis={}",
            reason,
            left,
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  private boolean awaitEmpty(long deadline, boolean streamsAlone) {
    try {
      long emptySince = System.nanoTime();
      while (true) {
        long wait = Math.min(LOOK_NANOS, deadline - System.nanoTime());
        if (!admission.awaitEmpty(Duration.ofNanos(Math.max(0, wait)))) {
          emptySince = System.nanoTime();
        } else if (streamsAlone || left(emptySince)) {
          return true;
        } else {
          LockSupport.parkNanos(this, Math.max(1, wait));
        }
        if (cut || deadline - System.nanoTime() <= 0) {
          return admission.all().active() == 0;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The one mover: from one to the next, never back. */
  private void enter(Phase next) {
    assert next.compareTo(phase) > 0 : phase + " does not lead to " + next;
    phase = next;
  }

  /** How far it is; a stop without a delay goes from the first to the last. */
  private enum Phase {
    SERVING,
    /** It says that it is not ready, and serves. */
    DELAYED,
    /** It accepts nobody, and waits; or has waited. */
    ENDING
  }

  /** Whether nobody is there who may still ask; who does nothing is not waited for. */
  private boolean left(long emptySince) {
    return server.connected() == 0 || System.nanoTime() - emptySince > LEAVING_NANOS;
  }
}
