package dev.tailtap.client;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.exchange.HandRelay;
import dev.tailtap.exchange.SimLedger;
import dev.tailtap.exchange.SimRow;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.upstream.Availability;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the routes of a simulated world say of the targets that its calls are tried at. */
final class SimRoutes {
  /** What the value of an upstream's key is made of, behind which its label stands. */
  static final String KEY = "key-of-";

  /** A target as a route has it. */
  private record Place(String name, Upstream upstream, UpstreamKey key, int priority) {
    boolean isWell(String tenant) {
      return key.availability(tenant).state() == Availability.State.OK
          && upstream.health().availability().state() == Availability.State.OK;
    }

    boolean waits(String tenant, long now) {
      return waits(key.availability(tenant), now) || waits(upstream.health().availability(), now);
    }

    private static boolean waits(Availability of, long now) {
      return of.state() != Availability.State.OK && of.untilNanos() - now > 0;
    }
  }

  private final Simulation world;
  private final HandRelay relay;
  private final Map<String, RouteConfig> routes = new HashMap<>();
  private final Map<String, List<Place>> places = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>(); // of upstreams, by port
  private final Map<String, String> found = new HashMap<>(); // targets, by what sticks to them

  private int others; // places in the budget of retries that calls of other loops have

  SimRoutes(Simulation world, HandRelay relay, RelayConfig config) {
    this.world = world;
    this.relay = relay;
    relay.upstreams.forEach((name, one) -> names.put(one.config().port(), name));
    for (RouteConfig route : config.routes()) {
      routes.put(route.name(), route);
      places.put(route.name(), places(route));
    }
  }

  private List<Place> places(RouteConfig route) {
    List<Place> all = new ArrayList<>();
    for (int priority = 0; priority < route.upstreams().size(); priority++) {
      for (RouteConfig.Weighted member : route.upstreams().get(priority)) {
        Upstream upstream = relay.upstreams.get(member.upstream());
        for (UpstreamKey key : upstream.keys()) {
          String name = key.label() == null ? upstream.name() : upstream.name() + "/" + key.label();
          all.add(new Place(name, upstream, key, priority));
        }
      }
    }
    return all;
  }

  /** The settings of a row's route. */
  RouteConfig of(SimRow row) {
    return routes.get(row.open().route());
  }

  /** Whether a row's call may go to several targets. */
  boolean several(SimRow row) {
    return places.get(row.open().route()).size() > 1;
  }

  /** The target that got a request, by its connection and the key that it shows. */
  String target(HandChannel channel, String head) {
    String name = names.get(((InetSocketAddress) channel.dialled()).getPort());
    String key = SimResponses.field(head, "Authorization");
    int label = key == null ? -1 : key.indexOf(KEY);
    return label < 0 ? name : name + "/" + key.substring(label + KEY.length());
  }

  /** Whether a row asks for the model that its upstream has under this name. */
  boolean sends(SimRequest request, SimRow row) {
    Upstream upstream = relay.upstreams.get(row.open().upstream());
    String alias = upstream.config().aliases().get(request.model);
    String sent = row.open().attempt().sentModel();
    return request.body.isEmpty()
        ? sent == null
        : alias == null ? sent == null : alias.equals(sent);
  }

  /** A row is to go to a target: whether the route says so, and lets it. */
  void aimed(SimRow row) {
    SimRequest request = world.requests.get(row.call);
    RouteConfig route = of(row);
    String right = routes.containsKey("m") && request.namesOther() ? "m" : "sim";
    world.check(route.name().equals(right), row + " goes along " + route.name());
    Place place = place(row.open());
    world.check(place != null, row + " goes to " + row.target() + ", which is not of its route");
    List<String> tried = new ArrayList<>();
    for (SimRow each : world.ledger.tries(row.call)) {
      String last = "";
      for (OpenRecord aim : each.aims) {
        if (!SimRow.target(aim).equals(last)) {
          last = SimRow.target(aim);
          tried.add(last);
        }
      }
    }
    Set<String> once = new LinkedHashSet<>(tried);
    world.check(once.size() == tried.size(), "call " + row.call + " was tried at " + tried);
    world.check(tried.size() <= route.tries(), "call " + row.call + " was tried at " + tried);
    world.check(tried.size() == 1 || !request.stateful, row + " has state elsewhere: " + tried);
    world.check(
        row.aims.size() < 2 || sameTarget(row) || route.retryOn().contains(RetryOn.UNSENT),
        row + " goes elsewhere, and the route says nothing of that");
    world.check(!request.answered, row + " begins, and its client has an answer");
    if (several(row) && row.before == null && row.aims.size() == 1) {
      first(request, route, place, row.open().tenant());
    }
  }

  private static boolean sameTarget(SimRow row) {
    OpenRecord one = row.aims.get(row.aims.size() - 2);
    return SimRow.target(one).equals(row.target());
  }

  private Place place(OpenRecord open) {
    for (Place each : places.get(open.route())) {
      if (each.name.equals(SimRow.target(open))) {
        return each;
      }
    }
    return null;
  }

  /** The first target of a call, which was chosen just now. */
  private void first(SimRequest request, RouteConfig route, Place place, String tenant) {
    boolean sticks = route.balance() == RouteConfig.Balance.STICKY;
    boolean allWell = true;
    for (Place other : places.get(route.name())) {
      boolean well = other.isWell(tenant) && !other.upstream.streams().full();
      allWell &= well;
      boolean better = well && !request.stateful && place.waits(tenant, world.nanos());
      world.check(!better, place.name + " is asked, and waits, while " + other.name + " is well");
      world.check(
          !well || request.stateful || place.priority <= other.priority,
          place.name + " is asked before " + other.name);
    }
    if (request.stateful || (sticks && allWell)) {
      String by = route.name() + " " + (sticks ? request.caller : "");
      String before = found.putIfAbsent(by, place.name);
      world.check(before == null || before.equals(place.name), by + " moved to " + place.name);
    }
  }

  /** After each step: nobody holds what he has no use for. */
  void look() {
    SimLedger ledger = world.ledger;
    world.check(relay.memory.held() >= 0, "less than nothing is held");
    int active = relay.admission.all().active();
    int open = ledger.callsUnderWay();
    int reserved = ledger.reserved;
    world.check(active >= open, "a permit was given back before its record");
    world.check(active <= reserved - ledger.toldOfEnd, "a permit is out after its call ended");
    world.check(active >= reserved - ledger.closed - ledger.open(), "room is kept for no record");
    long most = 0;
    for (SimRequest request : world.requests.values()) {
      most += request.answered ? 0 : request.body.length();
    }
    long held = relay.admission.replays().held();
    world.check(held >= 0 && held <= most, held + " bytes wait to be sent again, of " + most);
    int places = 0;
    for (Upstream upstream : relay.upstreams.values()) {
      places += upstream.streams().active();
    }
    int waiting = relay.admission.retries().waiting();
    world.check(open <= places + waiting && places <= active, "the gauges do not agree");
  }

  /** Calls of other loops take all places in the budget of retries, or leave theirs. */
  void others() {
    if (others > 0 || !world.several) {
      othersLeave();
      return;
    }
    while (relay.admission.retries().enter()) {
      others++;
    }
  }

  void othersLeave() {
    for (; others > 0; others--) {
      relay.admission.retries().leave();
    }
  }

  /** At the end of a life: nobody holds anything. */
  void end() {
    for (Upstream upstream : relay.upstreams.values()) {
      world.check(upstream.streams().active() == 0, upstream.name() + " counts a call for ever");
      claimable(upstream.health().availability(), upstream.name());
      upstream.keys().forEach(key -> claimable(key.availability(), upstream.name() + "/" + key));
    }
    world.check(relay.admission.replays().held() == 0, "bytes wait to be sent again for ever");
    world.check(relay.admission.retries().waiting() == 0, "a call waits for a place for ever");
    boolean left = true;
    for (int i = 0; i < 3; i++) { // so many may be, however few calls there are
      left &= relay.admission.retries().enter();
    }
    world.check(left, "a place in the budget of retries was not given back");
  }

  /** Longer than any upstream is believed to wait. */
  private void claimable(Availability one, String name) {
    long day = 90_000_000_000_000L;
    world.check(
        one.usable(world.nanos() + day) != Availability.Claim.NO, name + " is probed for ever");
  }
}
