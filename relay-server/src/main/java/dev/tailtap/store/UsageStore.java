package dev.tailtap.store;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.usage.UsageRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a finished call into PostgreSQL. A record that was given a reservation becomes exactly
 * one row, however often the database fails in between; until then it waits in memory. Event loops
 * reserve, release and offer, none of which ever blocks; everything else is for other threads.
 */
public final class UsageStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UsageStore.class);
  private static final Duration LAST_TRY = Duration.ofSeconds(2);

  private final RecordQueue queue;
  private final Stats stats;
  private final EmbeddedDatabase embedded;
  private final Database database;
  private final BatchWriter writer;
  private final Thread writerThread;
  private boolean closed;

  private UsageStore(
      StoreConfig config, Stats stats, Clock clock, Pace pace, EmbeddedDatabase embedded) {
    this.stats = stats;
    this.embedded = embedded;
    queue = new RecordQueue(config.queueRows());
    database =
        embedded == null
            ? new Database(config.url(), config.user(), config.password(), config.poolSize())
            : embedded.connections(config.poolSize());
    writer =
        new BatchWriter(
            queue, database, stats, clock, pace, config.batchRows(), config.batchWait().toNanos());
    writerThread = new Thread(writer, "tailtap-writer");
    writerThread.setDaemon(true);
    stats.gauge(Metric.QUEUE_DEPTH, "", queue::pending);
  }

  /**
   * Starts the embedded database if the configuration asks for it, and the writer. A database that
   * does not answer is no obstacle: rows wait for it.
   *
   * @throws StoreStartException if the embedded database does not start, or a database answers that
   *     can never take rows: a wrong password, another schema version, no right to make tables
   */
  public static UsageStore open(StoreConfig config, Stats stats) {
    return open(config, stats, Clock.systemUTC(), Pace.NORMAL);
  }

  static UsageStore open(StoreConfig config, Stats stats, Clock clock, Pace pace) {
    EmbeddedDatabase embedded =
        config.embedded() ? EmbeddedDatabase.start(config.dir().toAbsolutePath()) : null;
    UsageStore store = null;
    try {
      store = new UsageStore(config, stats, clock, pace, embedded);
      store.prepare();
      store.writerThread.start();
      return store;
    } catch (RuntimeException | Error failure) {
      if (store != null) {
        store.database.close();
      }
      if (embedded != null) {
        embedded.close();
      }
      throw failure;
    }
  }

  /**
   * Claims room for one record; to be given back by {@link #release}, or used by {@link #offer}.
   *
   * @return false if {@code store.queue-rows} calls are under way or waiting for the database
   */
  public boolean tryReserve() {
    return queue.tryReserve();
  }

  /** Gives a reservation back that no record will use. */
  public void release() {
    queue.release();
  }

  /** Hands over the record of a call that has a reservation, and uses that up. */
  public void offer(UsageRecord record) {
    stats.add(Metric.RECORDS, "offered", 1);
    queue.offer(record);
  }

  /** Records offered that are not in the database yet. */
  public long pending() {
    return queue.pending();
  }

  /** Whether the writer's last contact with the database went well; at most some seconds old. */
  public boolean databaseUp() {
    return writer.up();
  }

  /** The database's URL without secrets; for the embedded one a psql command that works. */
  public String databaseDescription() {
    return embedded == null ? database.description() : embedded.psqlCommand();
  }

  /** What the admin port asks; its methods block. */
  public UsageQueries queries() {
    return new UsageQueries(database);
  }

  /**
   * Writes what is waiting, without waiting for company.
   *
   * @return whether everything offered is settled
   */
  public boolean drain(Duration atMost) {
    writer.hurry();
    LockSupport.unpark(writerThread);
    long deadline = System.nanoTime() + atMost.toNanos();
    while (queue.pending() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
    }
    return queue.pending() == 0;
  }

  /**
   * Stops the writer, the connections and the embedded database, in this order. Rows that are still
   * waiting are lost, and their number is logged: {@link #drain} comes first.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    writer.stop();
    LockSupport.unpark(writerThread);
    join(LAST_TRY);
    // Cuts off what still waits for an answer; the writer sees an error and then that it is to end.
    database.close();
    join(LAST_TRY);
    if (queue.pending() > 0) {
      LOG.error("event=rows_lost count={}", queue.pending());
    }
    if (embedded != null) {
      embedded.close();
    }
  }

  private void prepare() {
    try (Connection connection = database.connectDirectly()) {
      writer.prepare(connection);
    } catch (SQLException failure) {
      String reason = Trouble.reasonOf(failure);
      if (Trouble.of(failure) == Trouble.SCHEMA) {
        throw new StoreStartException(
            "the database " + database.description() + " cannot be used: " + reason, failure);
      }
      LOG.warn("event=database_away reason=\"{}\"", reason);
    }
  }

  private void join(Duration atMost) {
    try {
      writerThread.join(atMost.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
