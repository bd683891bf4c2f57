package dev.tailtap.journal;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscChunkedVarHandleArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An append-only log of how calls began and ended: what was acknowledged survives a kill of the
 * process, and the end of a call also a loss of power. Event loops reserve and offer, which never
 * blocks; a thread of its own writes, in groups that grow with the load.
 *
 * <pre>
 * offer ─► queue ─► one write, one force ─► acknowledge() ─► reader ─► committed ─► segment deleted
 *                     │ fails: the same bytes into a new segment; three times: down, admission shut
 * </pre>
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long BLOCKED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(2);

  /**
   * What the segments take and how much they may; what their disk has left and how much of it is
   * for others. In bytes.
   */
  public record Room(long bytes, long mostBytes, long freeBytes, long leastFreeBytes) {}

  private final JournalFiles files;
  private final JournalLimits limits;
  private final Ticker ticker;
  private final MpscChunkedVarHandleArrayQueue<Entry> queue;
  private final Segments segments = new Segments();
  private final Capacity capacity;
  private final Staging staging;
  private final SegmentKeeper keeper;
  private final Appender appender;
  private final JournalReader reader;
  private final Thread thread = new Thread(this::run, "tailtap-journal");
  private final Executor executor;
  private volatile Thread sleeper;
  private volatile Thread readerThread;
  private volatile boolean stopped;

  /** The journal's thread has logged that its rounds fail. */
  private boolean failureLogged;

  Journal(JournalFiles files, JournalLimits limits, Ticker ticker, Executor executor, Stats stats)
      throws IOException {
    this.files = files;
    this.limits = limits;
    this.ticker = ticker;
    this.executor = executor;
    int most = Math.max(1024, limits.calls()) * Entry.MOST_OF_A_CALL;
    queue = new MpscChunkedVarHandleArrayQueue<>(1024, most);
    capacity = new Capacity(limits.calls());
    staging = new Staging(limits, ticker);
    long last = Inheritance.take(files, segments, ticker);
    keeper =
        new SegmentKeeper(
            files, limits, segments, capacity, staging, executor, ticker, stats, last + 1);
    appender =
        new Appender(queue, limits, segments, keeper, capacity, ticker, stats, this::wakeReader);
    reader = new JournalReader(files, segments, stats, limits.groupBytes());
    keeper.listener(this::wake);
    keeper.request();
  }

  private void expose(Stats stats) {
    stats.gauge(Metric.JOURNAL_BYTES, "", segments::bytes);
    stats.gauge(Metric.JOURNAL_SEGMENTS, "", this::segments);
    stats.gauge(Metric.JOURNAL_FREE_BYTES, "", keeper::freeBytes);
    stats.gauge(Metric.JOURNAL_OLDEST, "", this::oldestSeconds);
    stats.gauge(Metric.JOURNAL_OPEN, "", () -> capacity.open() ? 1 : 0);
    stats.gauge(Metric.IN_FLIGHT, "", this::held);
  }

  /**
   * Claims the directory, or a free one in it where it is shared, and starts the thread. Segments
   * of former processes are read later, by whoever takes from the reader.
   *
   * @param calls most calls that are admitted and not closed on disk
   * @throws IOException says what to do; nothing was changed
   */
  public static Journal open(JournalConfig config, int calls, Stats stats) throws IOException {
    return open(config, calls, stats, Ticker.SYSTEM);
  }

  /** The same by other clocks. */
  static Journal open(JournalConfig config, int calls, Stats stats, Ticker ticker)
      throws IOException {
    Path dir = config.dir().toAbsolutePath();
    if (config.maxBytes() > 0 && config.maxBytes() < JournalLimits.LEAST_BYTES) {
      throw new IOException(
          "journal.max-bytes=%d is too little: set it to 8MiB or more, or to 0 to have it chosen"
              .formatted(config.maxBytes()));
    }
    DiskFiles files = config.shared() ? JournalSlots.claimFree(dir) : DiskFiles.claim(dir);
    ExecutorService executor = Executors.newSingleThreadExecutor(Journal::keeperThread);
    try {
      JournalLimits limits =
          JournalLimits.on(
              files.freeBytes(), files.totalBytes(), config.maxBytes(), config.minFree(), calls);
      Journal journal = new Journal(files, limits, ticker, executor, stats);
      journal.expose(stats);
      journal.thread.setDaemon(true);
      journal.thread.start();
      return journal;
    } catch (IOException | RuntimeException failure) {
      executor.shutdownNow();
      files.close();
      throw failure;
    }
  }

  /**
   * Takes over one of the directories of processes that are gone, so that what they left can be
   * taken from its reader; nothing is offered to it. To be closed; what was not committed by then
   * is still there.
   *
   * @param own the one that is this process's
   * @return null if there is none
   * @throws IOException if one could not be taken over, for now
   */
  public static Journal adopt(JournalConfig config, Path own, Stats stats) throws IOException {
    for (Path slot : JournalSlots.filled(config.dir().toAbsolutePath(), own)) {
      DiskFiles files = DiskFiles.claimIfFree(slot);
      if (files != null) {
        return adopted(files, stats);
      }
    }
    return null;
  }

  /** Without the threads that write and that make room to write. */
  private static Journal adopted(DiskFiles files, Stats stats) throws IOException {
    try {
      JournalLimits limits = JournalLimits.on(0, 0, 0, 0, 0);
      return new Journal(files, limits, Ticker.SYSTEM, chore -> {}, stats);
    } catch (IOException | RuntimeException failure) {
      files.close();
      throw failure;
    }
  }

  /** Where its segments are. */
  public Path dir() {
    return files.dir();
  }

  /** Claims a place for one call; false: it must not be admitted. Any thread, never blocks. */
  public boolean reserve() {
    return capacity.reserve();
  }

  /** Gives back the place of a call that will have no end. */
  public void release() {
    capacity.release();
  }

  /** Whether calls are admitted at present. */
  public boolean admitting() {
    return capacity.open();
  }

  /** How much room there is, as it was seen last. Any thread, never blocks. */
  public Room room() {
    return new Room(segments.bytes(), limits.maxBytes(), keeper.freeBytes(), limits.minFreeBytes());
  }

  /** False while it is known that what is offered would not be on the disk, or not be found. */
  public boolean isSafe() {
    return capacity.isSafe();
  }

  /**
   * Takes the first entry of a call that has a place, if a kill of the process cannot undo it from
   * now on. Nobody waits for its writing then, so that it needs no hurry, and it is not
   * acknowledged. Any thread; what it may have to wait for is {@link Staging}'s.
   *
   * @return false: it was not taken, and is to be offered
   */
  public boolean begin(Entry entry) {
    Staging.Staged staged = capacity.lost() ? null : staging.stage(entry);
    if (staged == null) {
      return false;
    }
    enqueue(staged);
    if (staged.isLate()) {
      wakeSleeper();
    }
    return true;
  }

  /** Takes an entry of a call that has a place. Any thread, never blocks. */
  public void offer(Entry entry) {
    if (entry.closes()) {
      capacity.ended(1);
    }
    enqueue(entry);
    wakeSleeper();
  }

  private void enqueue(Entry entry) {
    if (!queue.offer(entry)) {
      throw new IllegalStateException("an entry was offered whose call has no place");
    }
  }

  private void wakeSleeper() {
    // The entry must be visible before the sleeper is looked at, or both sides could miss it.
    VarHandle.fullFence();
    LockSupport.unpark(sleeper);
  }

  /** What is to be taken to the database. */
  public JournalReader reader() {
    return reader;
  }

  /** Ends of calls, offered or inherited, that are not committed. */
  public long pending() {
    return capacity.ends() - reader.takenEnds() + reader.underWay();
  }

  /** Ends of calls that can be taken at once; more than any number while there are old segments. */
  public long waiting() {
    return reader.inheritedTaken() ? appender.durableEnds() - reader.takenEnds() : Long.MAX_VALUE;
  }

  /** Waits until something can be taken, for so long at most. The taking thread. */
  public void awaitEntries(long nanos) {
    readerThread = Thread.currentThread();
    VarHandle.fullFence();
    if (waiting() == 0) {
      LockSupport.parkNanos(this, nanos);
    }
    readerThread = null;
  }

  /** Writes and forces what was offered, and gives the directory back. Idempotent. */
  @Override
  public void close() {
    if (stopped) {
      return;
    }
    stopped = true;
    wake();
    try {
      thread.join(2 * TimeUnit.NANOSECONDS.toMillis(STOP_NANOS));
      if (executor instanceof ExecutorService service) {
        service.shutdown();
        service.awaitTermination(Duration.ofSeconds(2).toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    keeper.clearStaged();
    if (pending() == 0) {
      keeper.clear();
    }
    segments.close();
    files.close();
  }

  /** One round of the thread's work; for the thread, or for a simulator in its place. */
  boolean tick() {
    return appender.tick();
  }

  /** Has the segments looked after; for the thread, or for a simulator in its place. */
  void keep() {
    keeper.request();
  }

  /** Segments, the spare not among them. */
  int segments() {
    return segments.size();
  }

  /** Whether beginnings of calls are staged, as long as there is room. */
  boolean stages() {
    return staging.isReady();
  }

  /** Places that calls hold. */
  int held() {
    return capacity.held();
  }

  /** An Error ends the thread and reaches its uncaught handler; nobody is admitted from then on. */
  private void run() {
    try {
      rounds();
    } finally {
      capacity.broken(!stopped);
    }
  }

  private void rounds() {
    long kept = ticker.nanos();
    while (!stopped) {
      boolean worked = round();
      long now = ticker.nanos();
      if (now - kept > IDLE_NANOS) {
        kept = now;
        keep();
      }
      if (!worked) {
        await();
      }
    }
    long deadline = ticker.nanos() + STOP_NANOS;
    while (!appender.quiet() && ticker.nanos() - deadline < 0) {
      if (!round()) {
        appender.forceAll();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
    if (!appender.quiet()) {
      LOG.error("event=journal_closed_with_entries_in_memory queued={}", queue.size());
    }
  }

  private boolean round() {
    try {
      boolean worked = appender.tick();
      failureLogged = false;
      capacity.broken(false);
      return worked;
    } catch (RuntimeException bug) { // the thread must outlive it: everybody waits for it
      capacity.broken(true);
      if (!failureLogged) {
        failureLogged = true;
        LOG.error("event=journal_round_failed admission=closed", bug);
      }
      return false;
    }
  }

  private void await() {
    sleeper = Thread.currentThread();
    VarHandle.fullFence();
    if (appender.blocked()) {
      LockSupport.parkNanos(this, BLOCKED_NANOS);
    } else if (queue.isEmpty()) {
      LockSupport.parkNanos(this, IDLE_NANOS);
    }
    sleeper = null;
  }

  private void wake() {
    LockSupport.unpark(thread);
  }

  private void wakeReader() {
    LockSupport.unpark(readerThread);
  }

  private long oldestSeconds() {
    long now = ticker.nanos();
    boolean nothing = pending() == 0 && capacity.held() == 0;
    return nothing ? 0 : TimeUnit.NANOSECONDS.toSeconds(now - segments.oldestNanos(now));
  }

  private static Thread keeperThread(Runnable task) {
    Thread thread = new Thread(task, "tailtap-journal-chores");
    thread.setDaemon(true);
    return thread;
  }
}
