package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Balance;
import dev.tailtap.config.RouteConfig.Weighted;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.http1.Target;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The checks of routes: where each leads, and beside each other. */
final class RouteChecks {
  /** Each is looked at for each request. */
  private static final int MOST_TARGETS = 64;

  private final RelayConfig config;
  private final List<String> errors;

  RouteChecks(RelayConfig config, List<String> errors) {
    this.config = config;
    this.errors = errors;
  }

  void check() {
    Map<Claim, String> claims = new HashMap<>();
    for (RouteConfig route : config.routes()) {
      if (route.upstreams() != null) {
        checkUpstreams(route);
        checkDialects(route);
        checkTargets(route);
      }
      checkSticky(route);
      if (route.path() != null) {
        checkClaim(route, claims);
      }
    }
  }

  /** The upstreams of a route, whatever their priority. */
  static List<String> names(RouteConfig route) {
    return route.upstreams().stream().flatMap(List::stream).map(Weighted::upstream).toList();
  }

  /** How many upstreams and keys a route may choose among. */
  static int targets(RelayConfig config, RouteConfig route) {
    int targets = 0;
    for (String name : names(route)) {
      UpstreamConfig upstream = config.upstreams().get(name);
      targets += upstream == null ? 1 : Math.max(1, upstream.keys().size());
    }
    return targets;
  }

  /** What to call the upstreams of a route: the key in its file, for all that is known here. */
  static String key(RouteConfig route) {
    List<Weighted> first = route.upstreams().get(0);
    boolean one = route.upstreams().size() == 1 && first.size() == 1 && first.get(0).weight() == 1;
    return (one ? RouteConfig.UPSTREAM : RouteConfig.UPSTREAMS).key(route.name());
  }

  private void checkUpstreams(RouteConfig route) {
    Set<String> known = config.upstreams().keySet();
    Set<String> seen = new HashSet<>();
    Set<String> told = new HashSet<>();
    for (String name : names(route)) {
      if (!known.isEmpty() && !known.contains(name) && told.add(name)) {
        String which = names(route).size() == 1 ? "=" + name + ":" : ": " + name;
        String must = " must be one of the upstreams, " + String.join(", ", known);
        errors.add(key(route) + which + must + Spelling.hint(name, known));
      } else if (!seen.add(name) && told.add(name)) {
        errors.add(key(route) + ": names " + name + " twice; a weight gives it more");
      }
    }
  }

  /** An answer goes to the client as it is, so all must speak as the client expects. */
  private void checkDialects(RouteConfig route) {
    Map<String, String> speakers = new LinkedHashMap<>();
    for (String name : names(route)) {
      UpstreamConfig upstream = config.upstreams().get(name);
      if (upstream != null) {
        speakers.putIfAbsent(upstream.dialect(), name);
      }
    }
    if (speakers.size() > 1) {
      List<String> told =
          speakers.entrySet().stream()
              .map(speaker -> speaker.getKey() + " of " + speaker.getValue())
              .toList();
      errors.add(key(route) + ": the dialects must be one, and are " + String.join(", ", told));
    }
  }

  private void checkTargets(RouteConfig route) {
    int targets = targets(config, route);
    if (targets > MOST_TARGETS) {
      String many = ": leads to " + targets + " upstreams and keys, and may to " + MOST_TARGETS;
      errors.add(key(route) + many);
    }
  }

  private void checkSticky(RouteConfig route) {
    String sticky = RouteConfig.STICKY.key(route.name());
    String balance = RouteConfig.BALANCE.key(route.name()) + "=sticky";
    boolean asked = route.balance() == Balance.STICKY;
    if (asked && route.sticky().isEmpty()) {
      errors.add(sticky + ": must be set, for " + balance);
    } else if (!asked && !route.sticky().isEmpty()) {
      errors.add(sticky + ": is of no use without " + balance);
    }
  }

  /** Once for each other route, however many globs both have. */
  private void checkClaim(RouteConfig route, Map<Claim, String> claims) {
    String normal = Target.normalPath(route.path());
    List<String> globs = route.models().isEmpty() ? List.of("") : route.models();
    Set<String> told = new HashSet<>();
    for (String glob : globs) {
      String other = claims.putIfAbsent(new Claim(route.host(), normal, glob), route.name());
      if (other != null && told.add(other)) {
        String key = RouteConfig.PATH.key(route.name()) + "=" + route.path();
        String ofHost = route.host().isEmpty() ? "" : ", of host " + route.host();
        String ofModel = glob.isEmpty() ? "" : ", for the models " + glob;
        errors.add(key + ": is already the path of route " + other + ofHost + ofModel);
      }
    }
  }

  /**
   * What one route alone may lead.
   *
   * @param glob empty: all models, and none
   */
  private record Claim(String host, String path, String glob) {}
}
