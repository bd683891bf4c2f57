package dev.tailtap.store;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.journal.Journal;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what processes beside this one have left in their directories of the journal, one after
 * the other, each once its process is gone and not before: calls that still run there are not
 * interrupted. A thread looks for them once a second, and another writes.
 */
final class Adoption implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long PATIENCE_MS = 2000;

  private final JournalConfig config;
  private final Path own;
  private final Stats stats;
  private final Function<Journal, BatchWriter> writers;
  private final Thread thread = new Thread(this::run, "tailtap-adoption");
  private final AtomicLong looks = new AtomicLong(); // at all of them, with nothing found
  private volatile Journal adopted; // null: none at present
  private volatile boolean closed;
  private String failure = "";

  /**
   * Not begun.
   *
   * @param own this process's directory
   * @param writers makes who writes what is in a journal
   */
  Adoption(JournalConfig config, Path own, Stats stats, Function<Journal, BatchWriter> writers) {
    this.config = config;
    this.own = own;
    this.stats = stats;
    this.writers = writers;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Whether rows of others may still come of which nobody knows how old they are. Any thread. */
  boolean done() {
    return looks.get() > 0 && adopted == null;
  }

  /** How often it has found nothing. Any thread. */
  long looks() {
    return looks.get();
  }

  /** Records that were adopted and are not in the database yet. Any thread. */
  long pending() {
    Journal now = adopted;
    return now == null ? 0 : now.pending();
  }

  /** Ends it; what is not written by then waits for the next process. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(2 * PATIENCE_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      Journal found = find();
      if (found == null) {
        looks.getAndIncrement();
        LockSupport.parkNanos(this, LOOK_NANOS);
      } else {
        write(found);
      }
    }
  }

  private Journal find() {
    try {
      Journal found = Journal.adopt(config, own, stats);
      failure = "";
      return found;
    } catch (IOException | RuntimeException trouble) {
      if (!failure.equals(trouble.toString())) {
        failure = trouble.toString();
        LOG.warn("event=journal_not_adopted reason=\"{}\"", failure);
      }
      return null;
    }
  }

  private void write(Journal found) {
    LOG.info("event=journal_adopted dir={}", found.dir());
    adopted = found;
    BatchWriter writer = writers.apply(found);
    Thread writing = new Thread(writer, "tailtap-adopted");
    writing.setDaemon(true);
    writer.hurry();
    writing.start();
    while (!closed && writing.isAlive() && found.pending() > 0) {
      LockSupport.parkNanos(this, WATCH_NANOS);
    }
    writer.stop();
    LockSupport.unpark(writing);
    try {
      writing.join(PATIENCE_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    long left = found.pending();
    LOG.info("event=journal_adoption_ended dir={} records_left={}", found.dir(), left);
    found.close();
    adopted = null;
  }
}
