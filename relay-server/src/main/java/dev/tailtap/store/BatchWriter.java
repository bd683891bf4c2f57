package dev.tailtap.store;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.journal.Journal;
import dev.tailtap.journal.JournalReader;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
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
  private final DatabaseServer embedded;

  private final Partitions partitions;
  private final NameWatch names;
  private final Stats stats;
  private final Clock clock;
  private final Backoff backoff;
  private final int batchRows;
  private final long batchWaitNanos;
  private final List<UsageRecord> batch = new ArrayList<>();

  /** Those of the batch whose calls have ended in this process. */
  private final List<UsageRecord> own = new ArrayList<>();

  private final Commits commits;
  private final UsageInsert insert;
  private final CanaryRow canary;

  /** Whether the schema is known to be applied; the writer's, but set once before it starts. */
  private boolean prepared;

  /** The tables were at fault when the batch was tried last. */
  private boolean doubtful;

  private int failures;

  /** Whether the last contact with the database went well. */
  private volatile boolean up;

  /** When the first call of the batch ended, in milliseconds since 1970; 0: there is no batch. */
  private volatile long batchSinceMillis;

  private volatile boolean hurried;
  private volatile boolean stopped;

  /**
   * Has written nothing.
   *
   * @param mayBeOld whether rows may still come of a day that is over, which then stays
   * @param shard of {@link HourSums#shard}
   * @param commits told of the rows of this process's calls
   */
  BatchWriter(
      StoreConfig config,
      Journal journal,
      BooleanSupplier mayBeOld,
      Database database,
      DatabaseServer embedded,
      NameWatch names,
      int shard,
      Commits commits,
      Stats stats,
      Clocks clocks,
      Backoff backoff) {
    this.journal = journal;
    this.database = database;
    this.embedded = embedded;
    this.commits = commits;
    this.partitions =
        new Partitions(
            clocks, config.retentionDays(), config.sumsDays(), () -> !mayBeOld.getAsBoolean());
    this.names = names;
    this.insert = new UsageInsert(config.hourGroups(), shard, stats);
    this.stats = stats;
    this.clock = clocks.wall();
    this.backoff = backoff;
    this.canary = new CanaryRow(clock.instant(), insert);
    this.batchRows = config.batchRows();
    this.batchWaitNanos = config.batchWait().toNanos();
    for (FailureKind kind : FailureKind.values()) {
      stats.add(Metric.DB_ERRORS, kind.label(), 0);
    }
  }

  /** Applies the schema and makes the partitions; before the thread starts, and then by it. */
  void prepare(Connection connection) throws SQLException {
    Schema.apply(connection);
    partitions.ensure(connection);
    prepared = true;
    up = true;
  }

  /** Whether the last contact with the database went well. Any thread. */
  boolean isUp() {
    return up;
  }

  /** How long ago the oldest call ended that is in the batch; 0: there is none. Any thread. */
  long oldestMillis() {
    long since = batchSinceMillis;
    return since == 0 ? 0 : Math.max(0, clock.millis() - since);
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

  private void sinceAtMost(UsageRecord record) {
    Instant at = record.isEnded() ? record.end().at() : record.call().startedAt();
    long millis = Math.max(1, at.toEpochMilli());
    if (batchSinceMillis == 0 || millis < batchSinceMillis) {
      batchSinceMillis = millis;
    }
  }

  private void gather() throws IOException {
    journal.awaitEntries(prepared ? IDLE_NANOS : backoff.first().toNanos());
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
    journal.reader().take(backlog ? batchRows * BACKLOG_FACTOR : batchRows, new Decoder());
  }

  /** One row that the database takes shows that the refused ones are at fault. */
  private void enlarge() throws IOException {
    if (journal.waiting() > 0) {
      int room = Math.max(0, batchRows * BACKLOG_FACTOR - batch.size());
      journal.reader().take(room, new Decoder());
    }
  }

  /**
   * Also without rows: makes the schema early and partitions in time, and revives a dead server.
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
      if (names.due()) {
        names.look(connection);
      }
      if (!batch.isEmpty()) {
        commits.exclude(() -> write(connection));
      }
      journal.reader().committed();
    }
  }

  private void write(Connection connection) throws SQLException {
    long start = System.nanoTime();
    try {
      int inserted = insert.write(connection, batch);
      canary.saw(batch, inserted);
      committed(batch, inserted, start);
    } catch (SQLException | RuntimeException failure) {
      Database.rollBack(connection, failure);
      if (FailureKind.of(failure) != FailureKind.ROW) {
        throw failure;
      }
      stats.add(Metric.DB_ERRORS, FailureKind.ROW.label(), 1);
      isolate(connection);
    }
    commits.stored(own);
    own.clear();
    batch.clear();
    batchSinceMillis = 0;
  }

  /** Finds the rows that the database refuses, and lets the others in. */
  private void isolate(Connection connection) throws SQLException {
    int allowed = Math.max(20, batch.size() / 100);
    Bisection bisection = new Bisection(connection, insert, allowed, canary);
    long start = System.nanoTime();
    int inserted = bisection.run(batch);
    if (!bisection.refused().isEmpty()) {
      canary.probe(connection);
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
    String reason = FailureKind.reasonOf(refused.reason());
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
      if (row.isEnded()) {
        stats.observe(Metric.INGEST_LAG, Math.max(0, now - row.end().at().toEpochMilli()) / 1e3);
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
    FailureKind kind =
        failure instanceof SchemaFaultException ? FailureKind.SCHEMA : FailureKind.of(failure);
    stats.add(Metric.DB_ERRORS, kind.label(), 1);
    up = false;
    failures++;
    // A pending interrupt would turn every wait below into a spin.
    Thread.interrupted();
    // What broke may be what the schema would mend; applying it again changes nothing otherwise.
    prepared = prepared && kind == FailureKind.TRANSIENT;
    doubtful = kind == FailureKind.SCHEMA;
    long wait =
        kind == FailureKind.SCHEMA
            ? backoff.probe().toNanos()
            : backoff.retryNanos(failures, ThreadLocalRandom.current());
    if (failures == 1 || kind != FailureKind.TRANSIENT) {
      LOG.error(
          "event=database_trouble kind={} pending={} reason=\"{}\"",
          kind.label(),
          journal.pending(),
          FailureKind.reasonOf(failure),
          failure instanceof SQLException || failure instanceof SchemaFaultException
              ? null
              : failure);
    }
    pause(wait);
  }

  /** Puts what the journal hands over into the batch. */
  private final class Decoder implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      boolean here = journal.reader().inheritedTaken(); // what others left comes first
      boolean added = add(content, RecordFormat::read);
      if (added && here) {
        own.add(batch.get(batch.size() - 1));
      }
      return added;
    }

    @Override
    public boolean interrupted(byte[] content) {
      stats.count(Label.RECORD_INTERRUPTED);
      return add(content, RecordFormat::readInterrupted);
    }

    private boolean add(byte[] content, Function<byte[], UsageRecord> format) {
      try {
        UsageRecord record = format.apply(content);
        batch.add(record);
        sinceAtMost(record);
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
