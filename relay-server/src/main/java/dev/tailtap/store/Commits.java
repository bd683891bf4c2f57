package dev.tailtap.store;

import dev.tailtap.record.UsageRecord;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Which rows of this process's calls are in the database, exactly: while a question takes its
 * snapshot, no batch is on its way, so the rows that were told of by then are in that snapshot, and
 * no other of them is. The lock is fair, and held for a batch, or for one statement.
 */
final class Commits {
  private final ReentrantLock lock = new ReentrantLock(true);
  private volatile Consumer<UsageRecord> listener = row -> {};

  /** What writes a batch. */
  interface Batch {
    void write() throws SQLException;
  }

  /** From now on this is told of each row, once it is committed; before any call ends. */
  void listen(Consumer<UsageRecord> told) {
    listener = told;
  }

  /** The writer's thread: writes a batch, or takes a snapshot in the meantime. */
  void exclude(Batch batch) throws SQLException {
    lock.lock();
    try {
      batch.write();
    } finally {
      lock.unlock();
    }
  }

  /** These are committed, or filed as dead letters; within {@link #exclude}. */
  void stored(List<UsageRecord> rows) {
    rows.forEach(listener);
  }
}
