package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.http1.Target;
import dev.tailtap.upstream.Upstream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Finds the upstream of a path in its normal form, so that no other way to write it leads past a
 * route: the longest configured prefix wins. Immutable.
 */
final class Router {
  /** A configured route, tied to its upstream. */
  record Route(String name, String path, Upstream upstream) {
    /** Whole segments only: {@code /v1} leads {@code /v1/chat} and not {@code /v1beta}. */
    boolean leads(String requestPath) {
      if (!requestPath.startsWith(path)) {
        return false;
      }
      if (path.endsWith("/") || requestPath.length() == path.length()) {
        return true;
      }
      char next = requestPath.charAt(path.length());
      return next == '/' || next == ':';
    }
  }

  private final List<Route> longestFirst = new ArrayList<>();

  Router(List<RouteConfig> routes, Map<String, Upstream> upstreams) {
    for (RouteConfig route : routes) {
      String normal = Target.normalPath(route.path());
      String path = normal == null ? route.path() : normal; // else nothing leads there
      longestFirst.add(new Route(route.name(), path, upstreams.get(route.upstream())));
    }
    longestFirst.sort(Comparator.comparingInt((Route route) -> route.path().length()).reversed());
  }

  /** Null if no route leads anywhere. */
  Route route(String normalPath) {
    for (Route route : longestFirst) {
      if (route.leads(normalPath)) {
        return route;
      }
    }
    return null;
  }
}
