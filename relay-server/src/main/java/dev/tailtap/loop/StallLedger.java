package dev.tailtap.loop;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How late event loops and the control thread came, and by how much of it the loops alone were
 * late: of a loop's stall counts what no stall of the control thread covers. Loops and readers may
 * be any threads; there is one control thread.
 */
final class StallLedger {
  /** What any sleep is late by is neither worth a note nor an excuse. */
  private static final long NOTEWORTHY_NANOS = 500_000;

  private static final int KEPT = 4096;

  private record Span(long from, long to, long waited) {}

  private final Queue<Span> unjudged = new ConcurrentLinkedQueue<>();
  private final Span[] late = new Span[KEPT]; // of the control thread, by that thread; a ring
  private int lates;
  private final AtomicLong longest = new AtomicLong();
  private final AtomicLong control = new AtomicLong();
  private final AtomicLong excess = new AtomicLong();
  private final AtomicLong own = new AtomicLong();

  /**
   * A loop's timer came so late.
   *
   * @param waited of it, how long its thread was ready and had no processor
   */
  void loop(long due, long came, long waited) {
    if (came - due >= NOTEWORTHY_NANOS) {
      longest.accumulateAndGet(came - due, Math::max);
      unjudged.add(new Span(due, came, waited));
    }
  }

  /** The control thread woke so late. It knows now of all its stalls that a loop's may overlap. */
  void control(long due, long woke) {
    if (woke - due >= NOTEWORTHY_NANOS) {
      control.accumulateAndGet(woke - due, Math::max);
      late[lates++ % KEPT] = new Span(due, woke, 0);
    }
    for (Span stall = unjudged.poll(); stall != null; stall = unjudged.poll()) {
      long unexplained = unexplained(stall);
      excess.accumulateAndGet(unexplained, Math::max);
      // Both may have been late in the same moments, so no more than one of the two excuses counts.
      own.accumulateAndGet(
          Math.min(unexplained, stall.to() - stall.from() - stall.waited()), Math::max);
    }
  }

  /** The longest stall of a loop since this was asked last, in nanoseconds. */
  long takeLongest() {
    return longest.getAndSet(0);
  }

  /** The longest stall of the control thread since this was asked last, in nanoseconds. */
  long takeControl() {
    return control.getAndSet(0);
  }

  /**
   * The longest part of one loop's stall in which the control thread was not late, since this was
   * asked last, in nanoseconds.
   */
  long takeExcess() {
    return excess.getAndSet(0);
  }

  /**
   * The longest part of one loop's stall that neither the control thread's lateness nor the wait
   * for a processor excuses, since this was asked last, in nanoseconds.
   */
  long takeOwn() {
    return own.getAndSet(0);
  }

  private long unexplained(Span stall) {
    long left = stall.to() - stall.from();
    for (int i = lates - 1; i >= 0 && i >= lates - KEPT; i--) {
      Span excuse = late[i % KEPT];
      if (excuse.to() <= stall.from()) {
        break;
      }
      left -=
          Math.max(0, Math.min(stall.to(), excuse.to()) - Math.max(stall.from(), excuse.from()));
    }
    return left;
  }
}
