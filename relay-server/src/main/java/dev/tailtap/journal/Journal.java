package dev.tailtap.journal;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscChunkedVarHandleArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An append-only log of how calls began and ended: what was told done survives a kill of the
 * process, and the end of a call also a loss of power. Event loops reserve and offer, which never
 * blocks; a thread of its own writes, in groups that grow with the load.
 *
 * <pre>
 * offer ─► queue ─► one write, one force ─► done() ─► backlog ─► settled ─► segment deleted
 *                     │ fails: the same bytes into a new segment; three times: down, admission shut
 * </pre>
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long BLOCKED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final JournalFiles files;
  private final Ticker ticker;
  private final MpscChunkedVarHandleArrayQueue<Entry> queue;
  private final Shelf shelf = new Shelf();
  private final Room room;
  private final Chores chores;
  private final Appender appender;
  private final Backlog backlog;
  private final Thread thread = new Thread(this::run, "tailtap-journal");
  private final Executor executor;
  private volatile Thread sleeper;
  private volatile Thread reader;
  private volatile boolean stopped;

  /** The journal's thread has logged that its rounds fail. */
  private boolean told;

  Journal(JournalFiles files, JournalLimits limits, Ticker ticker, Executor executor, Stats stats)
      throws IOException {
    this.files = files;
    this.ticker = ticker;
    this.executor = executor;
    queue = new MpscChunkedVarHandleArrayQueue<>(1024, 2 * Math.max(1024, limits.calls()));
    room = new Room(limits.calls());
    long last = inherit();
    chores = new Chores(files, limits, shelf, room, executor, ticker, stats, last + 1);
    appender = new Appender(queue, limits, shelf, chores, room, ticker, stats, this::wakeReader);
    backlog = new Backlog(files, shelf, stats, limits.groupBytes());
    chores.listener(this::wake);
    chores.request();
    stats.gauge(Metric.JOURNAL_BYTES, "", shelf::bytes);
    stats.gauge(Metric.JOURNAL_SEGMENTS, "", shelf::size);
    stats.gauge(Metric.JOURNAL_FREE_BYTES, "", chores::freeBytes);
    stats.gauge(Metric.JOURNAL_OLDEST, "", this::oldestSeconds);
    stats.gauge(Metric.JOURNAL_OPEN, "", () -> room.open() ? 1 : 0);
    stats.gauge(Metric.IN_FLIGHT, "", room::held);
  }

  /**
   * Claims the directory and starts the thread. Segments of former processes are read later, by
   * whoever takes from the backlog.
   *
   * @param calls most calls that are admitted and not closed on disk
   * @throws IOException says what to do; nothing was changed
   */
  public static Journal open(JournalConfig config, int calls, Stats stats) throws IOException {
    Path dir = config.dir().toAbsolutePath();
    if (config.maxBytes() > 0 && config.maxBytes() < JournalLimits.LEAST_BYTES) {
      throw new IOException(
          "journal.max-bytes=%d is too little: set it to 8MiB or more, or to 0 to have it chosen"
              .formatted(config.maxBytes()));
    }
    DiskFiles files = DiskFiles.claim(dir);
    ExecutorService executor = Executors.newSingleThreadExecutor(Journal::choresThread);
    try {
      JournalLimits limits =
          JournalLimits.on(
              files.freeBytes(), files.totalBytes(), config.maxBytes(), config.minFree(), calls);
      Journal journal = new Journal(files, limits, Ticker.SYSTEM, executor, stats);
      journal.thread.setDaemon(true);
      journal.thread.start();
      return journal;
    } catch (IOException | RuntimeException failure) {
      executor.shutdownNow();
      files.close();
      throw failure;
    }
  }

  /** Claims a place for one call; false: it must not be admitted. Any thread, never blocks. */
  public boolean reserve() {
    return room.reserve();
  }

  /** Gives back the place of a call that will have no end. */
  public void release() {
    room.release();
  }

  /** Whether calls are admitted at present. */
  public boolean admitting() {
    return room.open();
  }

  /** False while it is known that what is offered would not be on the disk, or not be found. */
  public boolean keepsWhatItIsTold() {
    return room.keeps();
  }

  /** Takes an entry of a call that has a place. Any thread, never blocks. */
  public void offer(Entry entry) {
    if (entry.closes()) {
      room.ended(1);
    }
    if (!queue.offer(entry)) {
      throw new IllegalStateException("an entry was offered whose call has no place");
    }
    // The entry must be visible before the sleeper is looked at, or both sides could miss it.
    VarHandle.fullFence();
    LockSupport.unpark(sleeper);
  }

  /** What is to be taken to the database. */
  public Backlog backlog() {
    return backlog;
  }

  /** Ends of calls, offered or inherited, that are not settled. */
  public long pending() {
    return room.ends() - backlog.takenEnds() + backlog.underWay();
  }

  /** Ends of calls that can be taken at once; more than any number while there are old segments. */
  public long waiting() {
    return backlog.inheritedTaken()
        ? appender.closedOnDisk() - backlog.takenEnds()
        : Long.MAX_VALUE;
  }

  /** Waits until something can be taken, for so long at most. The taking thread. */
  public void awaitBacklog(long nanos) {
    reader = Thread.currentThread();
    VarHandle.fullFence();
    if (waiting() == 0) {
      LockSupport.parkNanos(this, nanos);
    }
    reader = null;
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
    if (pending() == 0) {
      chores.clear();
    }
    shelf.close();
    files.close();
  }

  /** One round of the thread's work; for the thread, or for a simulator in its place. */
  boolean tick() {
    return appender.tick();
  }

  /** One request for the chores. */
  void tidy() {
    chores.request();
  }

  /** Segments on the shelf, the spare not among them. */
  int segments() {
    return shelf.size();
  }

  /** Places that calls hold. */
  int held() {
    return room.held();
  }

  /** An Error ends the thread and reaches its uncaught handler; nobody is admitted from then on. */
  private void run() {
    try {
      rounds();
    } finally {
      room.broken(!stopped);
    }
  }

  private void rounds() {
    long tidied = ticker.nanos();
    while (!stopped) {
      boolean worked = round();
      long now = ticker.nanos();
      if (now - tidied > IDLE_NANOS) {
        tidied = now;
        chores.request();
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
      told = false;
      room.broken(false);
      return worked;
    } catch (RuntimeException bug) { // the thread must outlive it: everybody waits for it
      room.broken(true);
      if (!told) {
        told = true;
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
    LockSupport.unpark(reader);
  }

  /** Puts the segments of former processes on the shelf; returns the highest number. */
  private long inherit() throws IOException {
    List<Long> numbers =
        files.list().stream()
            .map(Segment::numberOf)
            .filter(number -> number >= 0)
            .sorted()
            .toList();
    for (long number : numbers) {
      inherit(number);
    }
    return numbers.isEmpty() ? 0 : numbers.get(numbers.size() - 1);
  }

  private void inherit(long number) throws IOException {
    String name = Segment.nameOf(number);
    try (JournalFile file = files.open(name)) {
      if (!Segment.readable(Segment.version(file))) {
        throw new IOException(
            "the journal's file %s was written by a newer Tailtap: start that one to empty the journal, or set journal.dir to another directory"
                .formatted(name));
      }
      shelf.add(new Segment(number, null, true, file.size(), ticker.nanos()));
    }
  }

  private long oldestSeconds() {
    long now = ticker.nanos();
    boolean nothing = pending() == 0 && room.held() == 0;
    return nothing ? 0 : TimeUnit.NANOSECONDS.toSeconds(now - shelf.oldestNanos(now));
  }

  private static Thread choresThread(Runnable task) {
    Thread thread = new Thread(task, "tailtap-journal-chores");
    thread.setDaemon(true);
    return thread;
  }
}
