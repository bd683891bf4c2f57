package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.limits.Permit;
import dev.tailtap.route.Selection;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;

/**
 * Whether a call may go on at another target of its route, and its going there: by the rules of the
 * route, its tries, the body that was kept, and the budget of retries. Event loop only.
 */
final class Elsewhere {
  private final LoopResources loop;
  private final RequestBody body;
  private final Permit permit;
  private final Selection selection;
  private final boolean sealed; // a field of the head vouches for the body
  private int tries = 1;
  private boolean retrying; // it has a place in the budget of retries

  Elsewhere(
      LoopResources loop, RequestBody body, Permit permit, Selection selection, boolean sealed) {
    this.loop = loop;
    this.body = body;
    this.permit = permit;
    this.selection = selection;
    this.sealed = sealed;
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
   * @param nanos since the try began
   */
  boolean allows(RetryOn why, boolean sent, long nanos) {
    RouteConfig route = selection.route().policy();
    boolean may =
        why != null
            && tries < route.tries()
            && RetryRules.allows(route, why, nanos)
            && selection.hasNext(loop.sweep().nowNanos());
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
   * Chooses the next target, with a place there.
   *
   * @param before the name of the upstream that was tried
   * @param needsRow whether the one before has a row of its own
   */
  boolean go(RetryOn why, String before, boolean needsRow) {
    long now = loop.sweep().nowNanos();
    boolean any = mayStrain(why, now);
    if (needsRow && !permit.renew()) {
      return false;
    }
    if (!Placement.next(selection, any, permit, now, one -> body.suits(one, sealed))) {
      if (!any) {
        loop.stats().count(Label.UNARMED_BUDGET);
      }
      return false;
    }
    loop.stats().count(Metric.ATTEMPTS, before, why.word());
    body.edits().turnTo();
    tries++;
    return true;
  }

  /**
   * Whether the next try may be at a target that fails itself, for which it has a place then. None
   * is wanted where no upstream had work of the try before, or where the next target is well: that
   * moves load, and multiplies none.
   */
  private boolean mayStrain(RetryOn why, long now) {
    if (why == RetryOn.UNSENT || retrying || !selection.nextFails(now)) {
      return true;
    }
    retrying = loop.admission().retries().enter();
    return retrying;
  }

  /** Gives back the place in the budget of retries, if it has one. */
  void leaveBudget() {
    if (retrying) {
      retrying = false;
      loop.admission().retries().leave();
    }
  }
}
