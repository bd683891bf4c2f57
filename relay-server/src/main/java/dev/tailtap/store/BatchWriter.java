package dev.tailtap.store;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.journal.Backlog;
import dev.tailtap.journal.Journal;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.usage.UsageRecord;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes rows. It holds a batch until every row of it is committed or filed as
 * a dead letter. Passing trouble: the same batch again, for ever. A row's fault: the batch is
 * halved until the row stands alone. The schema's fault, or too many such rows, or a row refused
 * like one that was taken before: a pause, then a probe with the same batch and what came since.
 */
final class BatchWriter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long HURRIED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final int BACKLOG_FACTOR = 5;

  private final Journal journal;
  private final Database database;

  /** The server, where it is ours to keep running; else null. */
  private final EmbeddedDatabase embedded;

  private final Partitions partitions;
  private final Stats stats;
  private final Clock clock;
  private final Pace pace;
  private final int batchRows;
  private final long batchWaitNanos;
  private final List<UsageRecord> batch = new ArrayList<>();
  private final UsageInsert insert;
  private final Witness witness;

  /** Whether the schema is known to be applied; the writer's, but set once before it starts. */
  private boolean prepared;

  /** The tables were at fault when the batch was tried last. */
  private boolean doubtful;

  private int failures;
  private volatile boolean up;
  private volatile boolean hurried;
  private volatile boolean stopped;

  BatchWriter(
      StoreConfig config,
      Journal journal,
      Database database,
      EmbeddedDatabase embedded,
      Stats stats,
      Clocks clocks,
      Pace pace) {
    this.journal = journal;
    this.database = database;
    this.embedded = embedded;
    // What an unread segment of a former process holds may have been in a day that is over.
    this.partitions =
        new Partitions(
            clocks, config.retentionDays(), config.sumsDays(), journal.backlog()::inheritedTaken);
    this.insert = new UsageInsert(config.hourGroups(), stats);
    this.stats = stats;
    this.clock = clocks.wall();
    this.pace = pace;
    this.witness = new Witness(clock.instant(), insert);
    this.batchRows = config.batchRows();
    this.batchWaitNanos = config.batchWait().toNanos();
  }

  /** Applies the schema and makes the partitions; before the thread starts, and then by it. */
  void prepare(Connection connection) throws SQLException {
    Schema.apply(connection);
    partitions.ensure(connection);
    prepared = true;
    up = true;
  }

  boolean up() {
    return up;
  }

  /** From now on rows are written without waiting for company. Any thread. */
  void hurry() {
    hurried = true;
  }

  /** Ends the thread after the try under way; the thread is to be unparked. Any thread. */
  void stop() {
    stopped = true;
  }

  /** An Error ends the thread and reaches its uncaught handler. */
  @Override
  public void run() {
    try {
      batches();
    } finally {
      up = false;
    }
  }

  private void batches() {
    while (!stopped) {
      try {
        if (batch.isEmpty()) {
          gather();
        } else if (doubtful) {
          enlarge();
        }
        work();
        recovered();
      } catch (Exception failure) {
        rethrowError(failure);
        failed(failure);
      }
    }
  }

  /** The driver puts an Error, such as the want of memory, into an exception of its own. */
  private static void rethrowError(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof VirtualMachineError error) {
        throw error;
      }
    }
  }

  private void gather() throws IOException {
    journal.awaitBacklog(prepared ? IDLE_NANOS : pace.first().toNanos());
    if (journal.waiting() == 0) {
      return;
    }
    long deadline = System.nanoTime() + batchWaitNanos;
    long left = batchWaitNanos;
    while (left > 0 && journal.waiting() < batchRows && !hurried && !stopped) {
      LockSupport.parkNanos(this, Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)));
      left = deadline - System.nanoTime();
    }
    boolean backlog = journal.waiting() > batchRows;
    journal.backlog().take(backlog ? batchRows * BACKLOG_FACTOR : batchRows, new Decoder());
  }

  /** One row that the database takes shows that the refused ones are at fault. */
  private void enlarge() throws IOException {
    if (journal.waiting() > 0) {
      int room = Math.max(0, batchRows * BACKLOG_FACTOR - batch.size());
      journal.backlog().take(room, new Decoder());
    }
  }

  /**
   * Also without rows: the schema is wanted early, partitions in time, and the truth about up().
   */
  private void work() throws SQLException, IOException {
    if (!up && embedded != null) {
      embedded.revive();
    }
    try (Connection connection = database.connect()) {
      if (!prepared) {
        prepare(connection);
      } else if (partitions.due()) {
        partitions.ensure(connection);
      }
      if (!batch.isEmpty()) {
        write(connection);
      }
      journal.backlog().settled();
    }
  }

  private void write(Connection connection) throws SQLException {
    long start = System.nanoTime();
    try {
      int inserted = insert.write(connection, batch);
      witness.saw(batch, inserted);
      committed(batch, inserted, start);
    } catch (SQLException | RuntimeException failure) {
      Bisection.rollBack(connection, failure);
      if (Trouble.of(failure) != Trouble.ROW) {
        throw failure;
      }
      stats.add(Metric.DB_ERRORS, Trouble.ROW.label(), 1);
      isolate(connection);
    }
    batch.clear();
  }

  /** Finds the rows that the database refuses, and lets the others in. */
  private void isolate(Connection connection) throws SQLException {
    int allowed = Math.max(20, batch.size() / 100);
    Bisection bisection = new Bisection(connection, insert, allowed, witness);
    long start = System.nanoTime();
    int inserted = bisection.run(batch);
    if (!bisection.refused().isEmpty()) {
      witness.testify(connection);
      // What is to be filed is refused once more: the tables may have been mended in between.
      inserted += bisection.again();
    }
    for (Bisection.Refused refused : bisection.refused()) {
      file(connection, refused);
    }
    int dead = bisection.refused().size();
    stats.add(Label.RECORD_DEAD_LETTER, dead);
    List<UsageRecord> good = new ArrayList<>(batch);
    bisection.refused().forEach(refused -> good.remove(refused.record()));
    committed(good, inserted, start);
  }

  private static void file(Connection connection, Bisection.Refused refused) throws SQLException {
    DeadLetters.file(connection, refused.record(), refused.reason());
    String reason = Trouble.reasonOf(refused.reason());
    LOG.warn("event=dead_letter id={} reason=\"{}\"", refused.record().id(), reason);
  }

  /** Committed are all rows that are there now; duplicate, those of them that were there before. */
  private void committed(List<UsageRecord> rows, int inserted, long start) {
    stats.add(Label.RECORD_COMMITTED, rows.size());
    stats.add(Label.RECORD_DUPLICATE, rows.size() - inserted);
    stats.observe(Metric.DB_BATCH_ROWS, rows.size());
    stats.observe(Metric.DB_BATCH_SECONDS, (System.nanoTime() - start) / 1e9);
    long now = clock.millis();
    for (UsageRecord row : rows) {
      if (row.endedAt() != null) {
        stats.observe(Metric.INGEST_LAG, Math.max(0, now - row.endedAt().toEpochMilli()) / 1e3);
      }
    }
  }

  private void recovered() {
    if (!up || failures > 0) {
      LOG.info("event=database_up pending={}", journal.pending());
    }
    failures = 0;
    doubtful = false;
    up = true;
  }

  private void failed(Throwable failure) {
    Trouble trouble = failure instanceof TablesAtFault ? Trouble.SCHEMA : Trouble.of(failure);
    stats.add(Metric.DB_ERRORS, trouble.label(), 1);
    up = false;
    failures++;
    // A pending interrupt would turn every wait below into a spin.
    Thread.interrupted();
    // What broke may be what the schema would mend; applying it again changes nothing otherwise.
    prepared = prepared && trouble == Trouble.TRANSIENT;
    doubtful = trouble == Trouble.SCHEMA;
    long wait =
        trouble == Trouble.SCHEMA
            ? pace.probe().toNanos()
            : pace.retryNanos(failures, ThreadLocalRandom.current());
    if (failures == 1 || trouble != Trouble.TRANSIENT) {
      LOG.error(
          "event=database_trouble kind={} pending={} reason=\"{}\"",
          trouble.label(),
          journal.pending(),
          Trouble.reasonOf(failure),
          failure instanceof SQLException || failure instanceof TablesAtFault ? null : failure);
    }
    pause(wait);
  }

  /** Puts what the journal hands over into the batch. */
  private final class Decoder implements Backlog.Taker {
    @Override
    public boolean ended(byte[] content) {
      return add(content, RecordFormat::read);
    }

    @Override
    public boolean interrupted(byte[] content) {
      stats.count(Label.RECORD_INTERRUPTED);
      return add(content, RecordFormat::readInterrupted);
    }

    private boolean add(byte[] content, Function<byte[], UsageRecord> format) {
      try {
        batch.add(format.apply(content));
        return true;
      } catch (RuntimeException unreadable) {
        LOG.error("event=record_unreadable bytes={}", content.length, unreadable);
        return false;
      }
    }
  }

  private void pause(long nanos) {
    long start = System.nanoTime();
    long left = nanos;
    while (left > 0 && !stopped) {
      LockSupport.parkNanos(this, left);
      long waited = System.nanoTime() - start;
      left = (hurried ? Math.min(nanos, HURRIED_NANOS) : nanos) - waited;
    }
  }
}
