package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has beginnings of calls outlive a kill of the process before the journal's thread has written
 * them, where that can be had: else they wait for that thread. The kernel may hold up who writes to
 * a file, on a disk that is busy, and with it an event loop: where that comes to more than 20 ms in
 * a minute, nobody does for half a minute, and for twice as long each time that it soon comes
 * again. A file that fails is left, and a minute later there is another. Any thread stages; the
 * keeper's makes the file.
 */
final class Staging {
  private static final Logger LOG = LoggerFactory.getLogger(Staging.class);
  private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long HELD_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long WITHIN_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(8);
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final JournalLimits limits;
  private final Ticker ticker;

  private volatile Place place; // null: there is none
  private volatile long notBefore; // by the ticker; what is staged before waits
  private long heldUpFrom; // of the times that count, the first, likewise
  private long heldUp; // all of them
  private long pause = PAUSE_NANOS; // the next one; these three are guarded by this
  private volatile Place failed; // left, and perhaps still needed by who comes next
  private volatile long retryAt;
  private volatile String lastReason = "";

  /** A file, and what is in it. */
  private record Place(String name, JournalFile file, StagedCalls calls) {}

  Staging(JournalLimits limits, Ticker ticker) {
    this.limits = limits;
    this.ticker = ticker;
    retryAt = heldUpFrom = ticker.nanos();
    notBefore = retryAt - PAUSE_NANOS; // long ago
  }

  /**
   * Stages the beginning of a call, as its first entry.
   *
   * @return what is to be queued in its place; null: a kill could undo it
   */
  Staged stage(Entry entry) {
    Place now = place;
    long start = ticker.nanos();
    if (now == null || start - notBefore < 0) {
      return null;
    }
    int slot;
    try {
      slot = now.calls().put(entry);
    } catch (IOException failure) {
      fail(now, failure);
      return null;
    }
    long took = ticker.nanos() - start;
    if (took > LONG_NANOS) {
      heldUp(start, took);
    }
    return slot == StagedCalls.NONE ? null : new Staged(entry, now.calls(), slot);
  }

  private synchronized void fail(Place now, IOException why) {
    if (place != null && place.calls() == now.calls()) { // and no other thread did so before
      place = null;
      failed = now;
      unavailable(why);
    }
  }

  /**
   * A little of it is no reason: the first time loads classes, and any thread may lose its
   * processor for a few milliseconds, which looks the same from here.
   */
  private synchronized void heldUp(long start, long took) {
    if (start - heldUpFrom > WITHIN_NANOS) {
      heldUpFrom = start;
      heldUp = 0;
    }
    heldUp += took;
    if (heldUp > HELD_UP_NANOS) {
      boolean soon = start - notBefore < pause;
      pause = soon ? Math.min(2 * pause, LONGEST_PAUSE_NANOS) : PAUSE_NANOS;
      notBefore = start + took + pause;
      LOG.info(
          "event=journal_staging_paused held_up_ms={} pause_s={}",
          TimeUnit.NANOSECONDS.toMillis(heldUp),
          TimeUnit.NANOSECONDS.toSeconds(pause));
      heldUp = 0;
    }
  }

  /** Whether there is a file, and nobody was held up by it of late. */
  boolean isReady() {
    return place != null && ticker.nanos() - notBefore >= 0;
  }

  /** Whether a file is to be made. */
  boolean wanted() {
    return limits.staged() > 0 && place == null && failed == null && ticker.nanos() - retryAt >= 0;
  }

  int bytes() {
    return StagedCalls.bytes(limits.staged());
  }

  /** Stages here from now on. */
  synchronized void use(String name, JournalFile file) {
    place = new Place(name, file, new StagedCalls(file, limits.staged()));
  }

  /** None can be had for now, which costs time and nothing else. */
  void unavailable(IOException why) {
    retryAt = ticker.nanos() + AGAIN_NANOS;
    if (!why.toString().equals(lastReason)) {
      lastReason = why.toString();
      LOG.warn("event=journal_staging_unavailable reason=\"{}\"", lastReason);
    }
  }

  /** Fails where the file is no longer under its name. */
  void verify() throws IOException {
    Place now = place;
    if (now != null) {
      now.file().verify();
    }
  }

  /** Another file is to be made where this one would not be found. */
  void leaveIfLost() {
    try {
      verify();
    } catch (IOException lost) {
      leave();
    }
  }

  /**
   * Nothing is staged any more.
   *
   * @return the name of the file, which is nobody's now; null: there is none, or it is needed by
   *     who comes next
   */
  synchronized String leave() {
    Place now = place == null ? failed : place;
    place = null;
    failed = null;
    if (now == null) {
      return null;
    }
    try {
      now.file().close();
    } catch (IOException unimportant) {
      // What was put there is in the kernel's hands.
    }
    return now.calls().isEmpty() ? now.name() : null;
  }

  /** As {@link #leave}, of a file that has failed, once nobody needs it; null: there is none. */
  String leaveFailed() {
    Place now = failed;
    return now != null && now.calls().isEmpty() ? leave() : null;
  }

  /** The beginning of a call that a kill cannot undo any more; nobody waits for its writing. */
  record Staged(Entry of, StagedCalls calls, int slot) implements Entry {
    /** Whether it had better be written soon, lest there be no room for others. */
    boolean isLate() {
      return calls.isLate(slot);
    }

    @Override
    public UUID call() {
      return of.call();
    }

    @Override
    public boolean closes() {
      return false;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      of.encode(out, opened);
    }

    @Override
    public void acknowledge() {
      calls.clear(slot);
    }
  }
}
