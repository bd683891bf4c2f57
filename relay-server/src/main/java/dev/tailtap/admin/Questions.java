package dev.tailtap.admin;

import dev.tailtap.store.DatabaseAwayException;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that ask somebody who may not answer soon, and the queue before them. A question that
 * no thread takes up in time is answered 503, so that a database that hangs keeps nobody waiting.
 * Any thread.
 */
final class Questions implements AutoCloseable {
  /** Who is asked, by how many threads, and how long a question waits for one of them. */
  enum About {
    /** It waits as long as a reader itself takes to find that the database is away. */
    DATABASE(2, 2000, "Two reads of the database are under way; ask again"),
    /** One after the other, so that no two reloads are under way. */
    SETTINGS(1, 30_000, "The settings are being read; ask again");

    private final int threads;
    private final long patienceMs;
    private final String busy;

    About(int threads, long patienceMs, String busy) {
      this.threads = threads;
      this.patienceMs = patienceMs;
      this.busy = busy;
    }
  }

  private static final int WAITING = 32;
  private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

  private final About about;
  private final ThreadPoolExecutor threads;

  Questions(About about) {
    this.about = about;
    String name = "admin-" + about.name().toLowerCase(Locale.ROOT) + "-";
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            about.threads,
            about.threads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, name + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Has a question asked.
   *
   * @param answered takes the answer, on one of these threads
   * @return gives it up if it waits still, and says whether it did; null: the queue is full
   */
  Waiting ask(Responder.Question question, Consumer<Reply> answered) {
    Waiting waiting = new Waiting();
    try {
      threads.execute(
          () -> {
            if (waiting.take()) {
              hand(answer(question), answered);
            }
          });
      return waiting;
    } catch (RejectedExecutionException full) {
      return null;
    }
  }

  long patienceMs() {
    return about.patienceMs;
  }

  /** What is said to whom no thread was free for. */
  Reply busy() {
    return Reply.error(503, "server_error", "busy", about.busy).with("Retry-After", "1");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private static void hand(Reply answer, Consumer<Reply> answered) {
    try {
      answered.accept(answer);
    } catch (RejectedExecutionException closed) {
      LOG.debug("event=admin_answer_unheard"); // the port has closed meanwhile
    }
  }

  private static Reply answer(Responder.Question question) {
    try {
      return question.ask();
    } catch (DatabaseAwayException away) {
      return Reply.error(503, "server_error", "database_unavailable", away.getMessage());
    } catch (RuntimeException | LinkageError bug) { // a replaced jar is no end for the relay
      LOG.error("event=admin_failed", bug);
      return Reply.failed();
    }
  }

  /** A question that is taken by a thread, or given up, and never both. Any thread. */
  static final class Waiting {
    private final AtomicBoolean taken = new AtomicBoolean();

    /** Claims it; false: somebody has. */
    boolean take() {
      return taken.compareAndSet(false, true);
    }
  }
}
