package dev.tailtap.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread of the test that only sleeps. By how much it was late is what the machine, or this
 * process, did to any thread, and no fault of the relay's.
 */
final class Control implements AutoCloseable {
  private static final long SLEEP_NANOS = 2_000_000;
  private static final long WORTH_NOTING_NANOS = 3_000_000;

  private record Late(long from, long to) {}

  private final List<Late> lates = new ArrayList<>();
  private final Thread thread = new Thread(this::sleep, "control");
  private volatile boolean closed;

  Control() {
    thread.setDaemon(true);
    thread.start();
  }

  /** How much of this span it was late. */
  long lateNanos(long from, long to) {
    synchronized (lates) {
      long sum = 0;
      for (int i = lates.size() - 1; i >= 0 && lates.get(i).to > from; i--) {
        sum += Math.max(0, Math.min(to, lates.get(i).to) - Math.max(from, lates.get(i).from));
      }
      return sum;
    }
  }

  @Override
  public void close() {
    closed = true;
    Reactor.join(thread);
  }

  private void sleep() {
    while (!closed) {
      long due = System.nanoTime() + SLEEP_NANOS;
      LockSupport.parkNanos(SLEEP_NANOS);
      long now = System.nanoTime();
      if (now - due > WORTH_NOTING_NANOS) {
        synchronized (lates) {
          lates.add(new Late(due, now));
        }
      }
    }
  }
}
