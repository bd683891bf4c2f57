package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.http1.Target;
import dev.tailtap.upstream.Upstream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Finds the routes of a host and a path in its normal form, so that no other way to write it leads
 * past a route. Immutable.
 */
public final class Router {
  /** The first that leads tells whether the model matters; the order of a file settles the rest. */
  private static final Comparator<Route> ORDER =
      Comparator.comparing(Route::hasHost)
          .reversed()
          .thenComparing(Route::isForAnyModel)
          .thenComparing(
              Comparator.comparingInt((Route route) -> route.path().length()).reversed());

  private final Route[] routes;
  private final Match[] alone; // of each route, as if no model mattered

  /**
   * Ties routes to their upstreams.
   *
   * @param upstreams by name; each that a route names is there
   */
  public Router(List<RouteConfig> configs, Map<String, Upstream> upstreams) {
    routes =
        configs.stream()
            .map(config -> new Route(config, path(config), upstreams))
            .sorted(ORDER)
            .toArray(Route[]::new);
    alone = Arrays.stream(routes).map(Match::of).toArray(Match[]::new);
  }

  /**
   * The routes that lead a request; a model is asked for only where one of them is for some.
   *
   * @param authority the Host field; null: there is none
   * @return null if none leads it
   */
  public Match match(String authority, String normalPath) {
    for (int i = 0; i < routes.length; i++) {
      if (routes[i].leads(authority, normalPath)) {
        return routes[i].isForAnyModel()
            ? alone[i]
            : Match.byModel(routes, i, authority, normalPath);
      }
    }
    return null;
  }

  /** Nothing leads to a path without a normal form. */
  private static String path(RouteConfig config) {
    String normal = Target.normalPath(config.path());
    return normal == null ? config.path() : normal;
  }
}
