package dev.tailtap.exchange;

import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Route;
import dev.tailtap.route.Selection;
import dev.tailtap.route.Selections;
import dev.tailtap.route.Target;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.usage.Dialect;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Finds a request its place at a target of its route. Event loop only. */
public final class Placement {
  /** Those in whose bodies a request can go on from something that one provider keeps. */
  private static final Set<Dialect> STATEFUL =
      EnumSet.of(Dialect.OPENAI_RESPONSES, Dialect.GEMINI, Dialect.GEMINI_INTERACTIONS);

  private Placement() {}

  /**
   * Whether it can only be said with the whole body where a request goes: another name of its model
   * may be wanted there, or it may go on from a response that one provider keeps.
   */
  public static boolean hangsOnBody(ClientRequest request, Route route) {
    for (int i = 0; i < route.size(); i++) {
      if (!route.target(i).upstream().config().aliases().isEmpty()) {
        return true;
      }
    }
    return mayBeStateful(request, route);
  }

  /** Whether the body of a request may go on from something that one of several targets keeps. */
  static boolean mayBeStateful(ClientRequest request, Route route) {
    return route.several() && STATEFUL.contains(request.dialect(route.target(0).upstream()));
  }

  /**
   * The targets of a request along its route; to be ended with {@link Selections#over}.
   *
   * @param access what it may do; it may take the route
   * @param stateful whether its body goes on from something that one provider keeps
   */
  public static Selection of(
      Selections selections,
      ClientRequest request,
      Route route,
      Access access,
      Identity identity,
      boolean stateful) {
    String tenant = identity.tenant();
    if (!route.several()) {
      return selections.of(route, 0, 0, false, tenant);
    }
    boolean pinned = stateful || request.stateful();
    return selections.of(
        route, access.barred(route), request.sticky(route, tenant), pinned, tenant);
  }

  /**
   * Takes a place at the first target of a request.
   *
   * @return why there is none; null: there is
   */
  public static Refusal first(Selection selection, Permit permit, long now) {
    if (next(() -> selection.next(now), selection, permit, upstream -> true)) {
      return null;
    }
    return switch (selection.none(now)) {
      case PARKED -> Refusal.ALL_PARKED;
      case TRIED, FULL -> Refusal.TOO_MANY_AT_THE_UPSTREAM;
    };
  }

  /** When the first target may be asked again, where all wait out a limit; 1 or more. */
  public static long retryAfterSeconds(Selection selection, long now) {
    boolean parked = selection.none(now) == Selection.None.PARKED;
    long nanos = parked ? selection.parkedUntilNanos(now) - now : 0;
    return TimeUnit.NANOSECONDS.toSeconds(Math.max(0, nanos)) + 1;
  }

  /**
   * Moves a call to the next target that has a place for it; false: there is none.
   *
   * @param next which target is next; null: none is
   * @param suits whether it may go to an upstream at all
   */
  static boolean next(
      Supplier<Target> next, Selection selection, Permit permit, Predicate<Upstream> suits) {
    for (Target target = next.get(); target != null; target = next.get()) {
      if (suits.test(target.upstream()) && permit.enter(target.upstream().streams())) {
        selection.placed();
        return true;
      }
      selection.neutral(); // it has no place for it after all
    }
    return false;
  }
}
