package dev.tailtap.store;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.config.StoreConfig;
import dev.tailtap.journal.Journal;
import dev.tailtap.keys.KeySource;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a call into PostgreSQL: its beginning and its end go into the journal, and from there
 * it becomes exactly one row, however often the database fails or the process is killed in between.
 * Event loops reserve, open and close calls, none of which ever blocks; everything else is for
 * other threads.
 */
public final class UsageStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UsageStore.class);
  private static final Duration LAST_TRY = Duration.ofSeconds(2);

  private final Journal journal;
  private final StartWindow window;
  private final Stats stats;
  private final DatabaseServer embedded;
  private final Database database;
  private final Commits commits = new Commits();
  private final BatchWriter writer;
  private final Thread writerThread;
  private final Adoption adoption;
  private final NameWatch names;
  private boolean closed;

  private UsageStore(
      StoreConfig config,
      JournalConfig journalConfig,
      Journal journal,
      Stats stats,
      Clocks clocks,
      Backoff backoff,
      DatabaseServer embedded) {
    this.stats = stats;
    this.embedded = embedded;
    this.journal = journal;
    window = new StartWindow(clocks.wall());
    DatabaseAddress address =
        embedded == null
            ? new DatabaseAddress(config.url(), config.user(), config.password())
            : embedded.address();
    database = new Database(address, config.poolSize());
    names = new NameWatch(config.instance(), NameWatch.home(journalConfig.dir()), clocks.nanos());
    int shard =
        HourSums.shard(
            config.instance().isEmpty() ? UUID.randomUUID().toString() : config.instance());
    NameWatch nobody = new NameWatch("", "", clocks.nanos());
    Function<Journal, BatchWriter> writers =
        each ->
            new BatchWriter(
                config,
                each,
                this::mayBeOld,
                database,
                embedded,
                each == journal ? names : nobody,
                shard,
                each == journal ? commits : new Commits(),
                stats,
                clocks,
                backoff);
    adoption = new Adoption(journalConfig, journal.dir(), stats, writers);
    writer = writers.apply(journal);
    writerThread = new Thread(writer, "tailtap-writer");
    writerThread.setDaemon(true);
    stats.gauge(Metric.QUEUE_DEPTH, "", this::pending);
  }

  /**
   * Opens the journal, starts the embedded database if the configuration asks for it, and the
   * writer. A database that does not answer is no obstacle: rows wait for it.
   *
   * @param launcher starts the embedded database
   * @throws StoreStartException if the journal cannot be used, the embedded database does not
   *     start, or a database answers that can never take rows: a wrong password, another schema
   *     version, no right to make tables
   */
  public static UsageStore open(
      StoreConfig config, JournalConfig journal, DatabaseServer.Launcher launcher, Stats stats) {
    return open(config, journal, launcher, stats, Clock.systemUTC(), Backoff.NORMAL);
  }

  static UsageStore open(
      StoreConfig config,
      JournalConfig journal,
      DatabaseServer.Launcher launcher,
      Stats stats,
      Clock clock,
      Backoff backoff) {
    return open(config, journal, launcher, stats, Clocks.of(clock), backoff);
  }

  static UsageStore open(
      StoreConfig config,
      JournalConfig journalConfig,
      DatabaseServer.Launcher launcher,
      Stats stats,
      Clocks clocks,
      Backoff backoff) {
    Journal journal = null;
    DatabaseServer embedded = null;
    UsageStore store = null;
    try {
      journal = Journal.open(journalConfig, config.queueRows(), stats);
      embedded = config.embedded() ? launcher.start(config.dir().toAbsolutePath()) : null;
      store = new UsageStore(config, journalConfig, journal, stats, clocks, backoff, embedded);
      store.prepare();
      store.writerThread.start();
      store.adoption.start();
      return store;
    } catch (IOException failure) {
      throw new StoreStartException(failure.getMessage(), failure);
    } catch (RuntimeException | Error failure) {
      closeAll(store == null ? null : store.database, embedded, journal);
      throw failure;
    }
  }

  /**
   * Claims room for one call; to be used up by {@link #closeCall}, or given back by {@link
   * #release}.
   *
   * @return false if {@code store.queue-rows} calls are under way, or the journal could not take
   *     the record for certain: it is down, its budget is spent, its disk is short of space
   */
  public boolean reserve() {
    return journal.reserve();
  }

  /** Gives a reservation back of a call that was never opened. */
  public void release() {
    journal.release();
  }

  /** Whether calls are admitted, as far as the journal is concerned. */
  public boolean admitting() {
    return journal.admitting();
  }

  /**
   * False while it is known that a record which is handed over now is not safe: the journal cannot
   * write, or writes where no restart would look. Its {@code durable} is then not run, and whoever
   * waits for it must not take the passing of time for a receipt. Any thread, never blocks.
   */
  public boolean isSafe() {
    return journal.isSafe();
  }

  /**
   * Takes note of a call that has a reservation and is about to begin. Any thread, never blocks.
   *
   * @param written run on the journal's thread as soon as a kill of this process cannot undo it;
   *     the request's first byte waits for that. Must not block.
   * @return whether none can already; {@code written} is not run then
   */
  public boolean openCall(OpenRecord record, Runnable written) {
    stats.count(Label.RECORD_OPENED);
    OpenEntry entry = new OpenEntry(record, window);
    boolean done = journal.begin(entry);
    if (!done) {
      journal.offer(entry.telling(written));
    }
    return done;
  }

  /**
   * Takes note that a call that is open is about to begin anew, at another upstream, since nothing
   * of it left for the former one: what this says takes the place of what was said before, but for
   * when it began. It counts as the same call. Any thread, never blocks.
   *
   * @param record under the id that was opened; a call may be opened 16 times, this included
   * @param written as of {@link #openCall}; that of the former beginning is run as well, if it was
   *     to be
   */
  public void reopenCall(OpenRecord record, Runnable written) {
    journal.offer(new OpenEntry(record, window).telling(written));
  }

  /**
   * Takes the record of a call that has a reservation, and uses that up. Any thread, never blocks.
   *
   * @param durable run on the journal's thread once the record is on the disk. Must not block.
   */
  public void closeCall(UsageRecord record, Runnable durable) {
    stats.count(Label.RECORD_CLOSED);
    journal.offer(new CloseEntry(record, window, durable));
  }

  /** Records closed that are not in the database yet. */
  public long pending() {
    return journal.pending() + adoption.pending();
  }

  /** How often it has looked in vain for what other processes have left. Any thread. */
  long looksForOthers() {
    return adoption.looks();
  }

  /** Whether rows of former processes may come, which may be of a day that is over. */
  private boolean mayBeOld() {
    return !journal.reader().inheritedTaken() || !adoption.done();
  }

  /** How far the rows are behind. Any thread, never blocks. */
  public StoreState state() {
    Journal.Room room = journal.room();
    return new StoreState(
        writer.isUp(),
        pending(),
        writer.oldestMillis(),
        room.bytes(),
        room.mostBytes(),
        room.freeBytes(),
        room.leastFreeBytes());
  }

  /** The database's URL without secrets; for the embedded one a psql command that works. */
  public String databaseDescription() {
    return embedded == null ? database.description() : embedded.psqlCommand();
  }

  /** What the admin port asks; its methods block. */
  public UsageQueries queries() {
    return new UsageQueries(database);
  }

  /** This relay was told to stop, and another may bear its name. Any thread, never blocks. */
  public void leave() {
    names.leave();
  }

  /** The callers' keys; its methods block. */
  public KeySource keys() {
    return new KeyRows(database);
  }

  /** What calls cost, once it was refreshed. */
  public LocalPrices prices() {
    return new LocalPrices(database);
  }

  /**
   * What budgets ask; its methods block.
   *
   * @param stored told of each row of this process's calls, once it is committed
   */
  public BudgetSums budgets(Consumer<UsageRecord> stored) {
    commits.listen(stored);
    return new BudgetSums(database, commits);
  }

  /**
   * Writes what is waiting, without waiting for company.
   *
   * @return whether everything closed is committed
   */
  public boolean drain(Duration atMost) {
    writer.hurry();
    LockSupport.unpark(writerThread);
    long deadline = System.nanoTime() + atMost.toNanos();
    while (pending() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
    }
    return pending() == 0;
  }

  /**
   * Stops the writer, the connections, the embedded database and the journal, in this order. Rows
   * that still wait are in the journal, for the next start.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    adoption.close();
    writer.stop();
    LockSupport.unpark(writerThread);
    join(LAST_TRY);
    // Cuts off what still waits for an answer; the writer sees an error and then that it is to end.
    database.close();
    join(LAST_TRY);
    if (journal.pending() > 0) {
      LOG.warn("event=rows_left_in_journal count={}", journal.pending());
    }
    closeAll(null, embedded, journal);
  }

  private void prepare() {
    try (Connection connection = database.connectDirectly()) {
      writer.prepare(connection);
    } catch (SQLException failure) {
      String reason = FailureKind.reasonOf(failure);
      if (FailureKind.of(failure) == FailureKind.SCHEMA) {
        throw new StoreStartException(
            "the database " + database.description() + " cannot be used: " + reason, failure);
      }
      LOG.warn("event=database_away reason=\"{}\"", reason);
    }
  }

  private static void closeAll(Database database, DatabaseServer embedded, Journal journal) {
    if (database != null) {
      database.close();
    }
    if (embedded != null) {
      embedded.close();
    }
    if (journal != null) {
      journal.close();
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
