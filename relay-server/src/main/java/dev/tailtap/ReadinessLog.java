package dev.tailtap;

import dev.tailtap.admin.Readiness;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs when the relay ceases to take requests, with the reason, and when it takes them again: one
 * line for each change, seen within a fifth of a second. A thread of its own.
 */
final class ReadinessLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadinessLog.class);
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Supplier<Readiness> readiness;
  private final Thread thread;
  private volatile boolean closed;

  ReadinessLog(Supplier<Readiness> readiness) {
    this.readiness = readiness;
    thread = new Thread(this::lookOnAndOn, "readiness-log");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void lookOnAndOn() {
    Readiness before = null;
    long since = System.nanoTime();
    while (!closed) {
      Readiness now = readiness.get();
      if (now != before) {
        tell(before, now, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since));
        before = now;
        since = System.nanoTime();
      }
      LockSupport.parkNanos(this, PERIOD_NANOS);
    }
  }

  private static void tell(Readiness before, Readiness now, long millis) {
    if (now != Readiness.READY) {
      LOG.warn("event=not_ready reason={}", now.reason());
    } else if (before == null) {
      LOG.info("event=ready");
    } else {
      LOG.info("event=ready_again was={} millis={}", before.reason(), millis);
    }
  }
}
