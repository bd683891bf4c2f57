package dev.tailtap;

import dev.tailtap.handover.ServiceNotice;
import dev.tailtap.jvm.FatalErrors;
import dev.tailtap.jvm.GcOverheadLimit;
import dev.tailtap.jvm.Halt;
import dev.tailtap.jvm.HardStop;
import dev.tailtap.jvm.MemoryReturn;
import dev.tailtap.jvm.Signals;
import dev.tailtap.log.ProcessLog;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a process that serves ends: in order after SIGTERM or SIGINT, at once after a second one, by
 * the clock when the order hangs, and with its journal intact when the JVM has no memory left. The
 * main thread waits and stops; signals come on others.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  private static final Duration AFTER_DRAIN = Duration.ofSeconds(9);
  private static final Duration AFTER_CUT = Duration.ofSeconds(9);
  private static final long LAST_WORDS_MS = 500;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final Duration drainTimeout; // while it starts
  private final ServiceNotice notice;
  private final Halt halt;
  private final HardStop hardStop;
  private Thread interruptible; // the main thread while it may be; guarded by this
  private volatile Running running; // null while it starts
  private boolean reloadAsked; // while it starts; guarded by this

  /** From now on the process takes its signals and watches its memory. */
  Shutdown(Duration drainTimeout, ServiceNotice notice, PrintStream err) {
    this.drainTimeout = drainTimeout;
    this.notice = notice;
    halt = (exit, line) -> halt(exit, line, err);
    Thread.setDefaultUncaughtExceptionHandler(new FatalErrors(halt));
    hardStop = new HardStop(halt);
    GcOverheadLimit.watch(halt);
    MemoryReturn.watch();
    Signals.take(this::stop, this::cut, this::reload);
  }

  /**
   * Lets it run, and closes it when the process was told to stop. Ends the process, unless the task
   * fails.
   *
   * @param task done first; interrupted by a signal
   */
  <E extends Exception> void run(Running service, Task<E> task) throws E {
    begin(service);
    boolean done = false;
    try {
      untilAsked(task);
      done = true;
    } finally {
      if (!done) {
        service.close();
      }
    }
    int exit = 0;
    try {
      service.drain();
      service.close();
    } catch (RuntimeException bug) {
      LOG.error("event=stop_failed", bug);
      exit = 1;
    }
    System.out.flush();
    ProcessLog.flush(Duration.ofMillis(LAST_WORDS_MS));
    Runtime.getRuntime().halt(exit);
  }

  private <E extends Exception> void untilAsked(Task<E> task) throws E {
    interruptible(Thread.currentThread());
    try {
      if (asked.getCount() > 0) {
        task.run();
        notice.ready();
      }
      asked.await();
    } catch (InterruptedException told) {
      // by stop()
    } finally {
      interruptible(null);
      Thread.interrupted();
    }
  }

  /** What was written into the settings while it started may have come too late for the start. */
  private void begin(Running service) {
    boolean reload;
    synchronized (this) {
      running = service;
      reload = reloadAsked;
    }
    if (reload) {
      service.reload("SIGHUP");
    }
  }

  private synchronized void interruptible(Thread thread) {
    interruptible = thread;
  }

  /** Ends the process as SIGTERM does. Any thread. */
  void stop(String signal) {
    Running now = running;
    hardStop.arm((now == null ? drainTimeout : now.drainTime()).plus(AFTER_DRAIN));
    asked.countDown();
    synchronized (this) {
      if (interruptible != null) {
        interruptible.interrupt();
      }
    }
    LOG.info("event=stop signal={}{}", signal, now == null ? " once=started" : "");
    notice.stopping();
  }

  /** Whether it was told to stop. Any thread. */
  boolean isAsked() {
    return asked.getCount() == 0;
  }

  private void reload(String signal) {
    Running now;
    synchronized (this) {
      now = running;
      reloadAsked = now == null;
    }
    LOG.info("event=hangup signal={}{}", signal, now == null ? " once=started" : "");
    if (now != null) {
      now.reload(signal);
    }
  }

  private void cut(String signal) {
    hardStop.arm(AFTER_CUT);
    Running now = running;
    if (now == null) {
      halt.now(1, "event=stop_cut signal=" + signal + " reason=\"it had not started\"");
    } else {
      LOG.warn("event=stop_cut signal={}", signal);
      now.cut();
    }
  }

  /** The words may hang where nobody reads them; the end does not wait for that. */
  private static void halt(int exit, String line, PrintStream err) {
    try {
      Thread words = new Thread(() -> say(line, err), "last-words");
      words.setDaemon(true);
      words.start();
      words.join(LAST_WORDS_MS);
    } catch (InterruptedException | OutOfMemoryError unsaid) {
      Thread.currentThread().interrupt();
    } finally {
      Runtime.getRuntime().halt(exit);
    }
  }

  /** First what needs no memory, then what was logged before. */
  private static void say(String line, PrintStream err) {
    err.println(line);
    ProcessLog.flush(Duration.ofMillis(LAST_WORDS_MS / 2));
  }

  /** What is done while it runs. */
  @FunctionalInterface
  interface Task<E extends Exception> {
    void run() throws E, InterruptedException;
  }
}
