package dev.tailtap.route;

import dev.tailtap.upstream.Availability;
import dev.tailtap.upstream.Availability.Claim;
import dev.tailtap.upstream.Upstream;
import java.util.Set;

/**
 * The targets of one request along its route, each to be tried once: which is next, and what became
 * of it. Where a target is on probation, the one who probes it is this request until it says how
 * that went; so each try ends with exactly one of {@link #answers}, {@link #failed}, {@link #busy},
 * {@link #parked}, {@link #neutral}. A route of one target has no choice, notes nothing and is
 * never without it. Event loop only.
 */
public final class Selection {
  /** No time. */
  public static final long NEVER = Long.MIN_VALUE;

  /**
   * Reasons of a key that is parked since it was not accepted, or has no credit; if all are, so may
   * be anybody's, and it may be the request: its price, or what it wants.
   */
  private static final Set<String> REFUSED = Set.of("401", "402", "403");

  /** Why there is no next target. */
  public enum None {
    /** Each was tried. */
    TRIED,
    /** Those that are left have no place. */
    FULL,
    /** Those that are left wait out a limit. */
    PARKED
  }

  private Route route; // null: of no request
  private long barred; // a bit for each target that it may not be sent to
  private long sticky; // 0: to nothing
  private boolean pinned; // to the first that it chooses
  private String tenant; // null: its caller shows no key
  private long tried; // a bit each
  private Target current; // null: none is tried
  private Availability key; // of the current one, as it was claimed
  private Upstream placed; // where the call has its place; null: nowhere yet
  private boolean upstreamProbe;
  private boolean keyProbe;

  /** Of no request yet. */
  Selection() {}

  /** For a request; see {@link Selections#of}. */
  void begin(Route route, long barred, long sticky, boolean pinned, String tenant) {
    this.route = route;
    this.barred = barred;
    this.sticky = sticky;
    this.pinned = pinned;
    this.tenant = tenant;
  }

  /** The request needs it no more, and nothing was learned of the current target. */
  void end() {
    assert route != null : "it is another request's by now";
    neutral();
    route = null;
    tenant = null;
    placed = null;
    tried = 0;
  }

  public Route route() {
    return route;
  }

  /** The one that is tried; null: none is. */
  public Target current() {
    return current;
  }

  /** The next to be tried, as its only one; null: there is none. */
  public Target next(long now) {
    assert current == null : "the try before has no end";
    if (!route.several()) {
      return take(tried == 0 ? 0 : -1);
    }
    if (pinned) {
      return take(tried == 0 ? Balance.first(route, sticky, ~barred) : -1);
    }
    return choose(usable(now, false), now) ? current : insist(now);
  }

  /**
   * The same of those alone that are well: none that has failed and not answered since.
   *
   * @param lower whether of a lower priority, too, where those of the best one have all failed
   */
  public Target nextWell(boolean lower, long now) {
    assert current == null : "the try before has no end";
    long well = usable(now, true);
    return choose(lower ? well : well & usable(now, false), now) ? current : take(-1);
  }

  /** Whether there would be a next one. */
  public boolean hasNext(long now) {
    return route.several() && !pinned && (usable(now, false) != 0 || longestOut(now) >= 0);
  }

  /** Why there is no next one. */
  public None none(long now) {
    if (pinned) {
      return None.FULL;
    }
    if (parkedUntilNanos(now) != NEVER) {
      return None.PARKED;
    }
    for (int i = 0; i < route.size(); i++) {
      if (left(i) || !route.several()) {
        return None.FULL;
      }
    }
    return None.TRIED;
  }

  /** When the first of those that wait out a limit may be asked again; {@link #NEVER}: none is. */
  public long parkedUntilNanos(long now) {
    long first = NEVER;
    for (int i = 0; route.several() && i < route.size(); i++) {
      Availability one = route.target(i).key().availability(tenant);
      if (left(i) && one.usable(now) == Claim.NO) {
        first = first == NEVER || one.untilNanos() - first < 0 ? one.untilNanos() : first;
      }
    }
    return first;
  }

  private boolean left(int index) {
    return ((tried | barred) >> index & 1) == 0;
  }

  /**
   * The current one does what it is for, as far as its answer has come. A probe has shown what it
   * was to show; of others the whole answer tells whether its upstream is well.
   */
  public void answers() {
    if (noting()) {
      Availability upstream = current.upstream().health().availability();
      if (upstreamProbe) {
        upstream.succeeded(true);
      } else {
        upstream.answers();
      }
      key.succeeded(keyProbe);
      current.key().wentWell(tenant);
    }
    over();
  }

  /** The current one's upstream failed. Its other keys are not tried either. */
  public void failed() {
    if (noting()) {
      current.upstream().health().availability().failed(upstreamProbe);
      key.neutral(keyProbe);
      passOver(current.upstream());
    }
    over();
  }

  /**
   * The current one is too busy, and nobody said for how long: of its upstream that is a failure,
   * so that one which is nothing but busy is out before long, but another of its keys may have
   * room.
   */
  public void busy() {
    if (noting()) {
      current.upstream().health().availability().failed(upstreamProbe);
      key.neutral(keyProbe);
    }
    over();
  }

  /**
   * The current one's key waits out a limit.
   *
   * @param nanos from now on; negative: nobody said how long
   * @param why a short word
   */
  public void parked(long nanos, String why) {
    if (noting()) {
      current.upstream().health().availability().neutral(upstreamProbe);
      Availability refused = current.key().refused(tenant);
      boolean same = refused == key;
      if (!same) {
        key.neutral(keyProbe);
      }
      if (refused != null && nanos < 0) {
        refused.parkWithBackoff(same && keyProbe, why);
      } else if (refused != null) {
        refused.parkFor(same && keyProbe, nanos, why);
      }
    }
    over();
  }

  /**
   * The current one is tried on, and what becomes of it shows nobody whether its target is well.
   */
  public void giveUpProbe() {
    if (noting() && upstreamProbe) {
      current.upstream().health().availability().neutral(true);
    }
    if (noting() && keyProbe) {
      key.neutral(true);
    }
    upstreamProbe = false;
    keyProbe = false;
  }

  /** The current one has a place for the call. */
  public void placed() {
    placed = current.upstream();
  }

  /** The call has no place any more. */
  public void displaced() {
    placed = null;
  }

  /** Nothing was learned of the current one. Any number of times. */
  public void neutral() {
    if (noting()) {
      current.upstream().health().availability().neutral(upstreamProbe);
      key.neutral(keyProbe);
    }
    over();
  }

  private void over() {
    current = null;
    key = null;
    upstreamProbe = false;
    keyProbe = false;
  }

  private boolean noting() {
    return current != null && route.several();
  }

  private Target take(int index) {
    current = index < 0 ? null : route.target(index);
    if (current != null && key == null) { // it was not claimed
      key = current.key().availability(tenant);
    }
    tried |= index < 0 ? 0 : 1L << index;
    return current;
  }

  private boolean claim(int index, long now) {
    Target target = route.target(index);
    Availability upstream = target.upstream().health().availability();
    Claim ofUpstream = upstream.claim(now);
    if (ofUpstream == Claim.NO) {
      return false;
    }
    Availability own = target.key().availability(tenant);
    Claim ofKey = own.claim(now);
    if (ofKey == Claim.NO) {
      upstream.neutral(ofUpstream == Claim.PROBE);
      return false;
    }
    upstreamProbe = ofUpstream == Claim.PROBE;
    keyProbe = ofKey == Claim.PROBE;
    key = own;
    return true;
  }

  /** Takes one of those that may be asked; false: others have probed each since just now. */
  private boolean choose(long among, long now) {
    long left = among;
    while (left != 0) {
      int index = Balance.choose(route, sticky, left);
      if (claim(index, now)) {
        take(index);
        return true;
      }
      left &= ~(1L << index);
    }
    return false;
  }

  /**
   * Those of the best priority that has any that may be asked.
   *
   * @param well whether those that fail are left out
   */
  private long usable(long now, boolean well) {
    long usable = 0;
    int priority = 0;
    for (int i = 0; i < route.size(); i++) {
      Target target = route.target(i);
      if (usable != 0 && target.priority() != priority) {
        return usable;
      }
      if (left(i) && mayBeAsked(target, now) && (!well || isWell(target))) {
        usable |= 1L << i;
        priority = target.priority();
      }
    }
    return usable;
  }

  private static boolean isWell(Target target) {
    return target.upstream().health().availability().well();
  }

  private boolean mayBeAsked(Target target, long now) {
    return target.key().availability(tenant).usable(now) != Claim.NO
        && target.upstream().health().availability().usable(now) != Claim.NO
        && hasPlace(target.upstream());
  }

  /** The call's own place is one that it need not have twice. */
  private boolean hasPlace(Upstream upstream) {
    return upstream == placed || !upstream.streams().full();
  }

  /**
   * Where nobody may be asked, the one that failed longest ago, or whose key was refused: better
   * than to refuse (Envoy's panic threshold); if nobody probes it, this does.
   */
  private Target insist(long now) {
    int index = longestOut(now);
    if (index < 0) {
      return take(index);
    }
    Target target = route.target(index);
    upstreamProbe = target.upstream().health().availability().insist() == Claim.PROBE;
    key = target.key().availability(tenant);
    keyProbe = key.insist() == Claim.PROBE;
    return take(index);
  }

  private int longestOut(long now) {
    int longest = -1;
    long since = 0;
    for (int i = 0; i < route.size(); i++) {
      Target target = route.target(i);
      boolean may = left(i) && hasPlace(target.upstream());
      long own = target.upstream().health().availability().sinceNanos();
      if (may && !waitsOutALimit(target, now) && (longest < 0 || own - since < 0)) {
        longest = i;
        since = own;
      }
    }
    return longest;
  }

  /** Whose time is over does not, though its probe has not come: its upstream may be out. */
  private boolean waitsOutALimit(Target target, long now) {
    Availability.Sight seen = target.key().availability(tenant).sight();
    return seen.state() == Availability.State.PARKED
        && seen.untilNanos() - now > 0
        && !REFUSED.contains(seen.reason());
  }

  private void passOver(Upstream upstream) {
    for (int i = 0; i < route.size(); i++) {
      tried |= route.target(i).upstream() == upstream ? 1L << i : 0;
    }
  }
}
