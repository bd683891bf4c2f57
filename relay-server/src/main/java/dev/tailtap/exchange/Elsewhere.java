package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.limits.Permit;
import dev.tailtap.route.Selection;
import dev.tailtap.route.Target;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Whether a call may go on at another target of its route, and its going there: by the rules of the
 * route, its tries, the body that was kept, and the budget of retries. Event loop only.
 */
final class Elsewhere {
  /** For which a request may be on its way while others wait for what becomes of it. */
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** For which a place is waited for at most, from the beginning of the try before. */
  private static final long MOST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LoopResources loop;
  private final RequestBody body;
  private final Permit permit;
  private final Selection selection;
  private final boolean sealed; // a field of the head vouches for the body
  private long begunNanos; // the present try, or the one before
  private int tries = 1;
  private boolean retrying; // it has a place in the budget of retries
  private RetryOn why; // a next target is wanted; null: none was yet
  private String before; // the name of the upstream that was tried
  private boolean patient; // whether a place would be waited for
  private boolean waits; // for a place

  Elsewhere(
      LoopResources loop, RequestBody body, Permit permit, Selection selection, boolean sealed) {
    this.loop = loop;
    this.body = body;
    this.permit = permit;
    this.selection = selection;
    this.sealed = sealed;
    begun();
  }

  /** A try begins. */
  void begun() {
    begunNanos = now();
  }

  private long now() {
    return loop.sweep().nowNanos();
  }

  /** How many bytes of the body are to be kept so that it can go to yet another target; or -1. */
  long keep() {
    RouteConfig route = selection.route().policy();
    return selection.route().several() && tries < route.tries() ? route.retryBody() : -1;
  }

  /**
   * Whether another target may be tried.
   *
   * @param why null: it is no failure that is ever tried elsewhere
   * @param sent whether any byte of the request was
   */
  boolean allows(RetryOn why, boolean sent) {
    RouteConfig route = selection.route().policy();
    boolean may =
        why != null
            && tries < route.tries()
            && RetryRules.allows(route, why, now() - begunNanos)
            && selection.hasNext(now());
    if (may && sent && !body.repeatable()) {
      Label missed = body.unkept();
      if (missed != null) {
        loop.stats().count(missed);
      }
      return false;
    }
    return may;
  }

  /**
   * Chooses the next target, with a place there, or waits for a place in the budget of retries; see
   * {@link #waits}.
   *
   * @param before the name of the upstream that was tried
   * @param needsRow whether the one before has a row of its own
   * @param patient whether a place is waited for
   */
  boolean go(RetryOn why, String before, boolean needsRow, boolean patient) {
    if (needsRow && !permit.renew()) {
      return false;
    }
    this.why = why;
    this.before = before;
    this.patient = patient;
    return choose() || waits;
  }

  /** Whether a target is still to be chosen, once there is a place in the budget. */
  boolean waits() {
    return waits;
  }

  /**
   * Chooses the target, if there is one now; false: it is waited for on, or no longer. One that is
   * well needs no place in the budget, since that moves load, and multiplies none; nor does one
   * after a try that reached no upstream.
   */
  boolean choose() {
    long now = now();
    boolean well = next(() -> selection.nextWell(false, now));
    if (well) {
      leaveBudget();
    }
    boolean place = well || why == RetryOn.UNSENT || enterBudget();
    boolean found =
        well || next(place ? () -> selection.next(now) : () -> selection.nextWell(true, now));
    boolean soon = patient && now - begunNanos < mostWait();
    await(!found && !place && soon && selection.hasNext(now));
    if (found) {
      loop.stats().count(Metric.ATTEMPTS, before, why.word());
      body.edits().turnTo();
      tries++;
    } else if (!place && !waits) {
      loop.stats().count(Label.UNARMED_BUDGET);
    }
    return found;
  }

  private boolean next(Supplier<Target> next) {
    return Placement.next(next, selection, permit, upstream -> body.suits(upstream, sealed));
  }

  private long mostWait() {
    return Math.min(selection.route().policy().retryWithin().toNanos(), MOST_WAIT_NANOS);
  }

  /** Who waits is at no upstream, and none of those whose share the budget is. */
  private void await(boolean begins) {
    if (begins && !waits) {
      loop.admission().retries().beginWait();
      permit.leaveUpstream();
      selection.displaced();
    } else if (!begins && waits) {
      loop.admission().retries().endWait();
    }
    waits = begins;
  }

  private boolean enterBudget() {
    retrying = retrying || loop.admission().retries().enter();
    return retrying;
  }

  /**
   * Time has passed: whose request comes slowly lets others probe a target that is on probation,
   * and retry.
   */
  void sweep() {
    if (!body.complete() && now() - begunNanos > SLOW_NANOS) {
      selection.giveUpProbe();
      leaveBudget();
    }
  }

  /** Nothing is tried any more. */
  void close() {
    await(false);
    leaveBudget();
  }

  /** Gives back the place in the budget of retries, if it has one. */
  private void leaveBudget() {
    if (retrying) {
      retrying = false;
      loop.admission().retries().leave();
    }
  }
}
