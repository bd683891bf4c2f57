package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.http1.Target;
import dev.tailtap.upstream.Upstream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Finds the route of a path in its normal form, so that no other way to write it leads past a
 * route: the longest configured prefix wins. Immutable.
 */
public final class Router {
  private final List<Route> longestFirst = new ArrayList<>();

  /**
   * Ties routes to their upstreams.
   *
   * @param upstreams by name; each that a route names is there
   */
  public Router(List<RouteConfig> routes, Map<String, Upstream> upstreams) {
    for (RouteConfig route : routes) {
      String normal = Target.normalPath(route.path());
      String path = normal == null ? route.path() : normal; // else nothing leads there
      longestFirst.add(new Route(route.name(), path, List.of(upstreams.get(route.upstream()))));
    }
    longestFirst.sort(Comparator.comparingInt((Route route) -> route.path().length()).reversed());
  }

  /** Null if no route leads anywhere. */
  public Route route(String normalPath) {
    for (Route route : longestFirst) {
      if (route.leads(normalPath)) {
        return route;
      }
    }
    return null;
  }
}
