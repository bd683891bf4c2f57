package dev.tailtap.journal;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What would hold up the journal's thread: writing the next segment full of zeros before it is
 * needed, so that a full disk is met while there is still a place for everybody who was admitted;
 * deleting old ones; looking at the room that is left. One round at a time, on a thread of its own.
 */
final class SegmentKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentKeeper.class);
  private static final int ZEROS = 256 << 10;
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final JournalFiles files;
  private final JournalLimits limits;
  private final Segments segments;
  private final Capacity capacity;
  private final Staging staging;
  private final Executor executor;
  private final Ticker ticker;
  private final Stats stats;
  private final AtomicBoolean requested = new AtomicBoolean();
  private final AtomicReference<Segment> spare = new AtomicReference<>();
  private final ArrayDeque<Segment> leaving = new ArrayDeque<>();
  private final ByteBuffer zeros;
  private Runnable listener = () -> {};
  private long nextNumber;
  private volatile long freeBytes = Long.MAX_VALUE;
  private final Map<Label, Told> told = new EnumMap<>(Label.class); // what failed last, by the deed

  /** What was logged of a failure, and when. */
  private record Told(String reason, long nanos) {}

  SegmentKeeper(
      JournalFiles files,
      JournalLimits limits,
      Segments segments,
      Capacity capacity,
      Staging staging,
      Executor executor,
      Ticker ticker,
      Stats stats,
      long nextNumber) {
    this.files = files;
    this.limits = limits;
    this.segments = segments;
    this.capacity = capacity;
    this.staging = staging;
    this.executor = executor;
    this.ticker = ticker;
    this.stats = stats;
    this.nextNumber = nextNumber;
    this.zeros = ByteBuffer.allocateDirect(Math.min(ZEROS, limits.segmentBytes()));
  }

  /** Who hears of it when a spare has come; before anything is requested. */
  void listener(Runnable listening) {
    listener = listening;
  }

  /** Has one round done, unless one is under way or about to be. Any thread. */
  void request() {
    if (requested.compareAndSet(false, true)) {
      executor.execute(this::round);
    }
  }

  /** A segment that is ready to be written; null if there is none yet. */
  Segment takeSpare() {
    return spare.getAndSet(null);
  }

  long freeBytes() {
    return freeBytes;
  }

  /** Removes the file of staged calls, once each of them is in a segment; as {@link #clear}. */
  void clearStaged() {
    deleteStaged(staging.leave());
  }

  private void deleteStaged(String name) {
    if (name != null) {
      try {
        files.delete(name);
      } catch (IOException failure) {
        failed(Label.JOURNAL_FAILED_DELETE, failure);
      }
    }
  }

  /**
   * Removes what a journal leaves behind all of which is committed; when nothing else runs any
   * more.
   */
  void clear() {
    giveUpSpare();
    segments.retire();
    sweep();
  }

  private void round() {
    requested.set(false);
    try {
      if (inPlace() || putRight()) {
        sweep();
        deleteStaged(staging.leaveFailed());
        if (staging.wanted()) { // before anything can be written, so that the first call has it
          stage();
        }
        boolean failed = spare.get() == null && !makeSpare();
        look(failed);
      }
    } catch (RuntimeException bug) {
      LOG.error("event=journal_chores_failed", bug);
    }
  }

  /** Whether a restart would find all that is kept for it. */
  private boolean inPlace() {
    if (capacity.lost()) {
      return false;
    }
    try {
      files.verify();
      for (Segment segment : segments.all()) {
        verify(segment);
      }
      verify(spare.get());
      staging.verify();
      return true;
    } catch (IOException failure) {
      stats.count(Label.JOURNAL_FAILED_VERIFY);
      capacity.lost(failure.toString());
      listener.run();
      return false;
    }
  }

  private static void verify(Segment segment) throws IOException {
    JournalFile file = segment == null ? null : segment.file();
    if (file != null) {
      file.verify();
    }
  }

  /**
   * Once the directory is there again: claims it, and writes what is still needed and only exists
   * in files that are open. Not before the journal's thread has let go of the one it wrote to.
   */
  private boolean putRight() {
    if (segments.anyUnsealed()) {
      listener.run();
      return false;
    }
    try {
      files.reclaim();
      for (Segment segment : segments.all()) {
        restore(segment);
      }
      files.syncDir();
      giveUpSpare();
      staging.leaveIfLost();
      capacity.found();
      listener.run();
      return true;
    } catch (IOException failure) {
      failed(Label.JOURNAL_FAILED_RECLAIM, failure);
      return false;
    }
  }

  private void restore(Segment segment) throws IOException {
    try {
      verify(segment);
    } catch (IOException lost) {
      files.restore(segment.name, segment.file());
      LOG.warn("event=journal_segment_restored file={}", segment.name);
    }
  }

  private void giveUpSpare() {
    Segment unused = takeSpare();
    if (unused != null) {
      segments.discard(unused);
    }
  }

  /**
   * One after the other, each for good before the next: should an older one come back after a loss
   * of power without the younger ones, calls would lack their ends.
   */
  private void sweep() {
    leaving.addAll(segments.takeDisposable());
    while (!leaving.isEmpty() && remove(leaving.peek())) {
      leaving.poll();
    }
  }

  private boolean remove(Segment segment) {
    try {
      unlink(segment);
      files.syncDir();
      return true;
    } catch (NoSuchFileException | LostFileException removedBefore) {
      return synced();
    } catch (IOException failure) {
      failed(Label.JOURNAL_FAILED_DELETE, failure);
      return false;
    }
  }

  private void unlink(Segment segment) throws IOException {
    JournalFile file = segment.file();
    if (file != null) {
      file.close();
      file.verify(); // another file under this name is not ours to delete
    }
    if (segments.isDamaged(segment)) {
      files.setAside(segment.name, segment.name + ".corrupt");
      LOG.error("event=journal_segment_set_aside file={}.corrupt", segment.name);
    } else {
      files.delete(segment.name);
    }
  }

  private boolean synced() {
    try {
      files.syncDir();
      return true;
    } catch (IOException failure) {
      failed(Label.JOURNAL_FAILED_DELETE, failure);
      return false;
    }
  }

  private boolean makeSpare() {
    long number = nextNumber++;
    String name = Segment.nameOf(number);
    try {
      JournalFile file = prepare(name, limits.segmentBytes());
      spare.set(new Segment(number, file, limits.segmentBytes(), ticker.nanos()));
      listener.run();
      return true;
    } catch (IOException failure) {
      failed(Label.JOURNAL_FAILED_CREATE, failure);
      return false;
    }
  }

  private void stage() {
    String name = Segment.stagedNameOf(nextNumber++);
    try {
      staging.use(name, prepare(name, staging.bytes()));
    } catch (IOException failure) {
      staging.unavailable(failure);
    }
  }

  private JournalFile prepare(String name, int bytes) throws IOException {
    JournalFile file = files.create(name);
    try {
      fill(file, bytes);
    } catch (IOException failure) {
      file.close();
      files.delete(name);
      throw failure;
    }
    files.syncDir();
    return file;
  }

  private void fill(JournalFile file, int bytes) throws IOException {
    ByteBuffer header = Segment.header(ProcessHandle.current().pid(), ticker.wallMillis());
    long position = 0;
    while (position < bytes) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - position));
      while (zeros.hasRemaining()) {
        position += file.write(zeros, position);
      }
    }
    while (header.hasRemaining()) {
      file.write(header, header.position());
    }
    file.force(true);
  }

  private void look(boolean noSpare) {
    long used = segments.bytes() + (spare.get() == null ? 0 : limits.segmentBytes());
    try {
      freeBytes = files.freeBytes();
    } catch (IOException failure) {
      failed(Label.JOURNAL_FAILED_STATFS, failure);
    }
    Capacity.Shut shut =
        noSpare
            ? Capacity.Shut.NO_SPARE
            : used > limits.maxBytes()
                ? Capacity.Shut.BUDGET
                : freeBytes < limits.minFreeBytes() ? Capacity.Shut.FLOOR : Capacity.Shut.NO;
    capacity.disk(shut, used, freeBytes);
  }

  private void failed(Label op, IOException failure) {
    stats.count(op);
    long nanos = ticker.nanos();
    Told last = told.get(op);
    // It is tried again two hundred times a second, each time with a file of another name.
    String reason = reasonOf(failure);
    if (last == null || !last.reason().equals(reason) || nanos - last.nanos() > AGAIN_NANOS) {
      told.put(op, new Told(reason, nanos));
      LOG.warn("event=journal_error op={} reason=\"{}\"", op.value(), failure.toString());
    }
  }

  private static String reasonOf(IOException failure) {
    boolean named = failure instanceof FileSystemException;
    return failure.getClass()
        + (named ? ((FileSystemException) failure).getReason() : failure.getMessage());
  }
}
