package dev.tailtap.log;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * A bounded way to a daemon thread that may be held up: who offers never waits, and is told when
 * there is no room. Offered by any thread; all else happens on the one of this.
 */
final class Handoff<T> {
  /** After so many at most what was taken is let out, however much more waits. */
  private static final int TURN = 256;

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Whoever takes what was offered; must not throw. */
  interface Receiver<T> {
    void take(T next);

    /** All is taken that waits, or as much as in one turn: it is to be let out. */
    void turnOver();

    /** Nothing more comes. */
    void over();
  }

  private final MpscVarHandleArrayQueue<T> queue;
  private final Receiver<T> receiver;
  private final long lagNanos;
  private final Thread thread;
  private volatile boolean parked;
  private volatile boolean closed;
  private volatile long done; // of all that was ever offered

  /**
   * Starts the thread.
   *
   * @param room how many may wait
   * @param lag how long one may wait before it is looked for; zero: the thread is woken, which
   *     costs whoever offers a call of the system
   */
  Handoff(String name, int room, Duration lag, Receiver<T> receiver) {
    queue = new MpscVarHandleArrayQueue<>(room);
    this.receiver = receiver;
    lagNanos = lag.toNanos();
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands it over; false: there is no room, and it is dropped. */
  boolean offer(T next) {
    boolean taken = queue.offer(next);
    if (parked && lagNanos == 0) {
      LockSupport.unpark(thread);
    }
    return taken;
  }

  /** Waits until all is out that was offered before; false: it is not, in that time. */
  boolean flush(Duration atMost) {
    long wanted = queue.currentProducerIndex();
    long deadline = System.nanoTime() + atMost.toNanos();
    LockSupport.unpark(thread);
    while (done < wanted && System.nanoTime() - deadline < 0 && thread.isAlive()) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    return done >= wanted;
  }

  /** Nothing more is offered: what waits is taken, and the thread ends, which nobody waits for. */
  void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    boolean last = false;
    while (!last) {
      last = closed;
      boolean more = turn();
      if (more) {
        last = false;
      } else if (!last) {
        pause();
      }
    }
    receiver.over();
  }

  /** Whether more may wait. */
  private boolean turn() {
    int taken = 0;
    for (T next = queue.poll(); next != null; next = queue.poll()) {
      receiver.take(next);
      if (++taken == TURN) {
        break;
      }
    }
    receiver.turnOver();
    done = queue.currentConsumerIndex();
    return taken == TURN;
  }

  private void pause() {
    if (lagNanos > 0) {
      LockSupport.parkNanos(this, lagNanos);
      return;
    }
    parked = true;
    if (queue.isEmpty() && !closed) {
      LockSupport.park(this);
    }
    parked = false;
  }
}
