package dev.tailtap.jvm;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends the process some time after it was told to stop, whatever the orderly stop hangs on. Its
 * thread waits from the beginning, so that nothing has to be started when memory or threads are
 * short. Any thread may arm it.
 */
public final class HardStop {
  private final Halt halt;
  private final Thread thread;
  private volatile boolean armed;
  private volatile long deadline; // nanoseconds; once armed it only comes nearer

  public HardStop(Halt halt) {
    this.halt = halt;
    thread = new Thread(this::run, "hard-stop");
    thread.setDaemon(true);
    thread.start();
  }

  /** From now on the process has so long at most; of several times the earliest counts. */
  public synchronized void arm(Duration atMost) {
    long wanted = System.nanoTime() + atMost.toNanos();
    deadline = armed && deadline - wanted < 0 ? deadline : wanted;
    armed = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!armed) {
      LockSupport.park(this);
    }
    long left = deadline - System.nanoTime();
    while (left > 0) {
      LockSupport.parkNanos(this, Math.min(left, TimeUnit.SECONDS.toNanos(1)));
      left = deadline - System.nanoTime();
    }
    halt.now(
        1, "event=hard_stop reason=\"the orderly stop did not end in time\" records=journaled");
  }
}
