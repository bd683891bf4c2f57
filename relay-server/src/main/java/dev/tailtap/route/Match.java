package dev.tailtap.route;

/** The routes that lead a host and a path, of which the model may have to choose. Immutable. */
public final class Match {
  private final Route only; // null: the model chooses
  private final Route[] routes; // of which the first leads
  private final int first;
  private final String authority;
  private final String path;

  private Match(Route only, Route[] routes, int first, String authority, String path) {
    this.only = only;
    this.routes = routes;
    this.first = first;
    this.authority = authority;
    this.path = path;
  }

  /** A route that no model turns into another. */
  static Match of(Route only) {
    return new Match(only, null, 0, null, null);
  }

  /**
   * Routes among which the model chooses.
   *
   * @param routes in the order of {@link Router}; not copied
   * @param first the first of them that leads
   */
  static Match byModel(Route[] routes, int first, String authority, String path) {
    return new Match(null, routes, first, authority, path);
  }

  /** Whether nothing can be said before the model is known. */
  public boolean needsModel() {
    return only == null;
  }

  /**
   * The route of a request: of those that name its host, else of the others, the one with the most
   * specific name of the model, then the one with the longest path.
   *
   * @param model that the request names; null: none
   * @return null if none leads it
   */
  public Route route(String model) {
    if (only != null) {
      return only;
    }
    Route best = null;
    int most = ModelGlobs.NONE;
    for (int i = first; i < routes.length; i++) {
      Route route = routes[i];
      if (best != null && best.hasHost() && !route.hasHost()) {
        return best;
      }
      int claim = route.leads(authority, path) ? route.claim(model) : ModelGlobs.NONE;
      if (claim > most) {
        best = route;
        most = claim;
      }
    }
    return best;
  }
}
