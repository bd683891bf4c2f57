package dev.tailtap.admin;

import dev.tailtap.store.DatabaseAwayException;
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
 * The two threads that ask the database, and the queue before them. A question that no thread takes
 * up within {@link #PATIENCE_MS} is answered 503, so that a database that hangs keeps nobody
 * waiting. Any thread.
 */
final class Questions implements AutoCloseable {
  /** As long as a reader itself takes to find that the database is away. */
  static final long PATIENCE_MS = 2000;

  private static final int THREADS = 2;
  private static final int WAITING = 32;
  private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

  private final ThreadPoolExecutor threads;

  Questions() {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "admin-database-" + number.incrementAndGet());
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

  /** What is said to whom no thread was free for. */
  static Reply busy() {
    return Reply.error(
            503, "server_error", "busy", "Two reads of the database are under way; ask again")
        .with("Retry-After", "1");
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
