package dev.tailtap.admin;

import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the admin port, one for each caller. When all are taken, whoever comes next has
 * that caller evicted whose request has been on its way for longest, so that those who send slowly
 * keep nobody waiting. Any thread.
 */
final class AdminThreads implements Executor, AutoCloseable {
  /** Each is made when it is needed, and ends when it is not. */
  private static final int THREADS = 48;

  private static final int WAITING = 64;
  private static final Logger LOG = LoggerFactory.getLogger(AdminThreads.class);

  private final ThreadPoolExecutor threads;
  private final Object lock = new Object();
  private final Set<Thread> reading = new LinkedHashSet<>(); // the longest first; guarded by lock
  private final Set<Thread> evicted = new HashSet<>(); // and not ended yet; likewise
  private int busy; // those two, and those whose request has come; likewise

  AdminThreads() {
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
    synchronized (lock) {
      makeRoom();
    }
  }

  /** The head of the request has come: from now on this thread is not interrupted. */
  void received() {
    synchronized (lock) {
      reading.remove(Thread.currentThread());
      Thread.interrupted(); // too late for this one
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void serve(Runnable request) {
    Thread thread = Thread.currentThread();
    synchronized (lock) {
      busy++;
      reading.add(thread);
      makeRoom(); // while this one was on its way from the queue, it seemed that a thread was free
    }
    try {
      request.run();
    } catch (LinkageError damaged) { // its jar was replaced, say; that is no end for the relay
      LOG.error("event=admin_request_failed", damaged);
    } finally {
      received();
      synchronized (lock) {
        evicted.remove(thread);
        busy--;
      }
    }
  }

  /**
   * Sees to it that nobody waits for whom no thread is free or about to be. A thread that is
   * interrupted while it reads from a channel closes it.
   */
  private void makeRoom() {
    int soonFree = THREADS - busy + evicted.size();
    Iterator<Thread> longest = reading.iterator();
    for (int many = threads.getQueue().size(); many > soonFree && longest.hasNext(); many--) {
      Thread thread = longest.next();
      longest.remove();
      evicted.add(thread);
      thread.interrupt();
    }
  }
}
