package dev.tailtap.upstream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Whether something may be asked now: an upstream, or one of its keys. After failures in a row it
 * is out, after a 429 it is parked; when its time is over, one request at a time probes whether it
 * is well again. Any thread, without a lock; what is well costs one volatile read.
 *
 * <p>Who claims ends its claim by exactly one of {@link #succeeded}, {@link #failed}, {@link
 * #park}, {@link #parkFor}, {@link #parkWithBackoff} and {@link #neutral}, whatever becomes of the
 * request, and says whether it had the probe: an ending left out keeps the one probe slot for ever.
 *
 * <pre>
 * OK ─5 failures in a row─► OUT     ─its time is over─► one PROBE ─succeeded─► OK
 *  └───────── 429 ────────► PARKED                        └─ failed: OUT for longer, park: PARKED,
 *                                                            neutral: the next one probes
 * </pre>
 */
public final class Availability {
  /** Envoy's {@code consecutive_5xx} has the same preset. */
  private static final int MOST_FAILURES = 5;

  private static final long OUT_STEP_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long PARK_STEP_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** So that relays which saw the same failure do not probe at the same moment. */
  private static final double JITTER = 0.1;

  private static final int MOST_OUTS = (int) (MOST_NANOS / OUT_STEP_NANOS);
  private static final String FAILURES = "failures";
  private static final Standing WELL = new Standing(0, false, null, null, false);

  /** What a claim is answered. */
  public enum Claim {
    YES,
    /** Its time is over, and the caller has the one probe slot. */
    PROBE,
    NO
  }

  /** As it is shown; it is left by a probe alone, however long its time has been over. */
  public enum State {
    OK,
    PARKED,
    OUT
  }

  private final LongSupplier nanoTime;
  private final DoubleSupplier random;
  private final AtomicReference<Standing> standing = new AtomicReference<>(WELL);

  /**
   * Of something that is well.
   *
   * @param random from 0 to 1, for the jitter
   */
  Availability(LongSupplier nanoTime, DoubleSupplier random) {
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /** Whether a request may go there, by the clock of {@link System#nanoTime}. */
  public Claim claim(long nowNanos) {
    while (true) {
      Standing now = standing.get();
      Claim answer = now.answer(nowNanos);
      if (answer != Claim.PROBE || standing.compareAndSet(now, now.probing(true))) {
        return answer;
      }
    }
  }

  /** What {@link #claim} would answer; takes nothing, and is no claim to be ended. */
  public Claim usable(long nowNanos) {
    return standing.get().answer(nowNanos);
  }

  /** Whether it is OK, and no failure has come since an answer of it last began well. */
  public boolean well() {
    Standing now = standing.get();
    return now.state() == State.OK && !now.failing;
  }

  /**
   * A claim where nothing else is left to ask, although its time is not over: PROBE if the slot is
   * free, so that its success counts, else YES.
   */
  public Claim insist() {
    while (true) {
      Standing now = standing.get();
      if (now.state() == State.OK || now.probing) {
        return Claim.YES;
      }
      if (standing.compareAndSet(now, now.probing(true))) {
        return Claim.PROBE;
      }
    }
  }

  /**
   * It answered well. What was under way before it went out or was parked says nothing of it now; a
   * probe brings it back, unless another request learned meanwhile of a time that is still to come.
   */
  public void succeeded(boolean probe) {
    if (probe) {
      long now = nanoTime.getAsLong();
      end(true, old -> old.isParked(now) ? new Standing(0, false, null, old.parked, true) : WELL);
    } else {
      end(false, Standing::answered);
    }
  }

  /** An answer of it has begun well, which does not end its failures in a row: it may break off. */
  public void answers() {
    end(false, Standing::answering);
  }

  /**
   * It failed by a fault of its own. While it is out only the failure of a probe in its turn
   * counts: those that insist would have it out for the longest time within a moment.
   */
  public void failed(boolean probe) {
    long now = nanoTime.getAsLong();
    double jitter = 1 + JITTER * (2 * random.getAsDouble() - 1);
    end(
        probe,
        old -> old.isOut(now) || (old.out != null && !probe) ? old : old.failed(now, jitter));
  }

  /**
   * It refused: not to be asked until then, or until what an earlier refusal said, whichever is
   * later. Says nothing of failures, in either direction.
   *
   * @param untilNanos by the clock of {@link System#nanoTime}
   * @param reason a short word of our own, such as the status
   */
  public void park(boolean probe, long untilNanos, String reason) {
    long now = nanoTime.getAsLong();
    end(probe, old -> old.refused(now, untilNanos, reason, old.refusals(probe, now)));
  }

  /** The same for some time from now on, by the exact clock: a loop's own is late. */
  public void parkFor(boolean probe, long nanos, String reason) {
    park(probe, nanoTime.getAsLong() + nanos, reason);
  }

  /**
   * It refused and did not say for how long: 5 s, doubled by each refusal in a row, to 5 min.
   *
   * @param reason a short word of our own, such as the status
   */
  public void parkWithBackoff(boolean probe, String reason) {
    long now = nanoTime.getAsLong();
    end(
        probe,
        old -> {
          int times = old.refusals(probe, now);
          long step = Math.min(PARK_STEP_NANOS << Math.min(times - 1, 10), MOST_NANOS);
          return old.refused(now, now + step, reason, times);
        });
  }

  /** It ended in a way that says nothing of it, the client's leaving for one. */
  public void neutral(boolean probe) {
    end(probe, old -> old);
  }

  public State state() {
    return standing.get().state();
  }

  /** Why it is not OK, in a short word; null: it is. */
  public String reason() {
    return sight().reason();
  }

  /** When its time is over, by the clock of {@link System#nanoTime}; 0 while it is OK. */
  public long untilNanos() {
    return standing.get().until();
  }

  /** When it went out or was parked, by the clock of {@link System#nanoTime}; 0 while it is OK. */
  public long sinceNanos() {
    Standing now = standing.get();
    return now.out != null ? now.out.since : now.parked != null ? now.parked.since : 0;
  }

  /** State, reason and time of one moment. */
  public Sight sight() {
    Standing now = standing.get();
    Hold hold = now.out != null ? now.out : now.parked;
    return new Sight(now.state(), hold == null ? null : hold.reason, now.until());
  }

  /** Does what an ending means, and gives the slot back of a probe. */
  private void end(boolean probe, UnaryOperator<Standing> step) {
    while (true) {
      Standing old = standing.get();
      assert !probe || old.probing : "a probe that nobody has, or that has ended";
      Standing next = step.apply(old);
      if (probe) {
        next = next.probing(false);
      }
      if (next.equals(old) || standing.compareAndSet(old, next)) {
        return;
      }
    }
  }

  /**
   * What is to be seen of it.
   *
   * @param reason null while it is OK
   * @param untilNanos by the clock of {@link System#nanoTime}; means nothing while it is OK
   */
  public record Sight(State state, String reason, long untilNanos) {}

  /**
   * Why it is not asked.
   *
   * @param times how often in a row, by which the time grows
   */
  private record Hold(long since, long until, int times, String reason) {}

  /**
   * One moment of it.
   *
   * @param failures in a row
   * @param failing whether no answer has begun since the last of them
   * @param out null: it is not
   * @param parked null: it is not
   * @param probing whether somebody has the probe slot
   */
  private record Standing(int failures, boolean failing, Hold out, Hold parked, boolean probing) {
    State state() {
      return out != null ? State.OUT : parked != null ? State.PARKED : State.OK;
    }

    long until() {
      if (out == null || parked == null) {
        return out != null ? out.until : parked != null ? parked.until : 0;
      }
      return later(out.until, parked.until);
    }

    Claim answer(long now) {
      if (out == null && parked == null) {
        return Claim.YES;
      }
      return probing || until() - now > 0 ? Claim.NO : Claim.PROBE;
    }

    /** Whether the time that a refusal said is still to come. */
    boolean isParked(long now) {
      return parked != null && parked.until - now > 0;
    }

    /** Whether the time that it is out for is still to come. */
    boolean isOut(long now) {
      return out != null && out.until - now > 0;
    }

    /** How often in a row it refused; what was under way at an earlier refusal adds nothing. */
    int refusals(boolean probe, long now) {
      return parked == null ? 1 : parked.times + (probe || !isParked(now) ? 1 : 0);
    }

    Standing refused(long now, long until, String reason, int times) {
      boolean longer = parked == null || until - parked.until > 0;
      Hold next =
          new Hold(
              parked == null ? now : parked.since,
              longer ? until : parked.until,
              times,
              longer ? reason : parked.reason);
      return new Standing(failures, failing, out, next, probing);
    }

    /** Fails once more, and is out if it was, or if it fails too often. */
    Standing failed(long now, double jitter) {
      int failed = Math.min(failures + 1, MOST_FAILURES);
      if (failed < MOST_FAILURES) {
        return new Standing(failed, true, out, parked, probing);
      }
      int times = out == null ? 1 : Math.min(out.times + 1, MOST_OUTS);
      long until = now + (long) (times * OUT_STEP_NANOS * jitter);
      Hold next = new Hold(out == null ? now : out.since, until, times, FAILURES);
      return new Standing(failed, true, next, parked, probing);
    }

    Standing answered() {
      return failures == 0 || out != null ? this : new Standing(0, false, null, parked, probing);
    }

    Standing answering() {
      return failing ? new Standing(failures, false, out, parked, probing) : this;
    }

    Standing probing(boolean taken) {
      return taken == probing ? this : new Standing(failures, failing, out, parked, taken);
    }

    private static long later(long a, long b) {
      return a - b > 0 ? a : b;
    }
  }
}
