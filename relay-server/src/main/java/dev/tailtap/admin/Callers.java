package dev.tailtap.admin;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of the admin port, one for each caller. When all are taken, whoever comes next has
 * that caller turned out whose request has been on its way for longest, so that those who send
 * slowly keep nobody waiting. Any thread.
 */
final class Callers implements Executor, AutoCloseable {
  /** Each is made when it is needed, and ends when it is not. */
  private static final int THREADS = 48;

  private static final int WAITING = 64;

  private final ThreadPoolExecutor threads;
  private final Set<Thread> unheard = new LinkedHashSet<>(); // the longest first; guarded by itself

  Callers() {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "admin-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** Serves one request of a caller: reads it, answers it. */
  @Override
  public void execute(Runnable request) {
    threads.execute(() -> serve(request));
    if (!threads.getQueue().isEmpty() && threads.getActiveCount() == THREADS) {
      turnOneOut();
    }
  }

  /** The head of the request has come: from now on this thread is not interrupted. */
  void heard() {
    synchronized (unheard) {
      unheard.remove(Thread.currentThread());
      Thread.interrupted(); // too late for this one
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void serve(Runnable request) {
    synchronized (unheard) {
      unheard.add(Thread.currentThread());
    }
    try {
      request.run();
    } finally {
      heard();
    }
  }

  /** A thread that is interrupted while it reads from a channel closes it. */
  private void turnOneOut() {
    synchronized (unheard) {
      Iterator<Thread> longest = unheard.iterator();
      if (longest.hasNext()) {
        longest.next().interrupt();
        longest.remove();
      }
    }
  }
}
