package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Weighted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Hundreds of routes with hundreds of globs, beside the rule said in the plainest way. */
class ManyRoutesTest {
  private static final List<List<Weighted>> NOWHERE = List.of();
  private static final List<String> HOSTS = List.of("", "", "a.example", "b.example");
  private static final List<String> PATHS =
      List.of("/", "/v1", "/v1/chat", "/v1/chat/completions", "/v1beta", "/v", "/v1/c");

  /** One route for one glob of it; empty: any model, and none. */
  private record Claim(RouteConfig route, String glob, Pattern pattern) {
    static Claim of(RouteConfig route, String glob) {
      return new Claim(route, glob, Pattern.compile(glob.replace("*", ".*")));
    }

    boolean leads(String host, String path, String model) {
      boolean hostFits = route.host().isEmpty() || route.host().equals(host);
      boolean pathFits =
          route.path().equals("/")
              || (path + "/").startsWith(route.path() + "/")
              || path.startsWith(route.path() + ":");
      return hostFits
          && pathFits
          && (glob.isEmpty() || (model != null && pattern.matcher(model).matches()));
    }

    int specificity() {
      boolean exact = !glob.isEmpty() && !glob.contains("*");
      return exact ? 1000 : glob.isEmpty() ? -1 : glob.replace("*", "").length();
    }
  }

  private static final Comparator<Claim> BEST_LAST =
      Comparator.comparing((Claim claim) -> !claim.route.host().isEmpty())
          .thenComparing(Claim::specificity)
          .thenComparing(claim -> claim.route.path().length());

  @Test
  void theRouteIsTheOneThatTheRuleNames() {
    Random random = new Random(16);
    for (int round = 0; round < 40; round++) {
      List<RouteConfig> routes = routes(random, 1 + random.nextInt(round < 37 ? 12 : 300));
      Router router = new Router(routes, Map.of());
      List<Claim> claims = claims(routes);
      for (int i = 0; i < 200; i++) {
        check(router, claims, random);
      }
    }
  }

  private static void check(Router router, List<Claim> claims, Random random) {
    String host = pick(random, HOSTS);
    String path = pick(random, PATHS) + pick(random, List.of("", "/x", ":x", "x"));
    String normal = path.replace("//", "/");
    String model = random.nextInt(5) == 0 ? null : model(random, "ab-");
    Match match = router.match(host.isEmpty() ? null : host, normal);
    Route found = match == null ? null : match.route(model);
    String why = host + " " + normal + " " + model;
    Claim best = null; // of equal ones the first in the file
    for (Claim claim : claims) {
      boolean leads = claim.leads(host, normal, model);
      if (leads && (best == null || BEST_LAST.compare(claim, best) > 0)) {
        best = claim;
      }
    }
    assertEquals(best == null ? null : best.route.name(), found == null ? null : found.name(), why);
    if (match != null && !match.needsModel()) {
      assertEquals(found, match.route("some other"), why);
      assertFalse(found == null, why);
    }
  }

  private static List<RouteConfig> routes(Random random, int count) {
    List<RouteConfig> routes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String[] models = new String[random.nextInt(3) == 0 ? 0 : random.nextInt(100)];
      for (int j = 0; j < models.length; j++) {
        models[j] = model(random, "ab-*").replaceAll("\\*+", "*") + "a";
      }
      routes.add(
          RouteConfigs.to(NOWHERE, "r" + i, pick(random, HOSTS), pick(random, PATHS), models));
    }
    return routes;
  }

  private static List<Claim> claims(List<RouteConfig> routes) {
    List<Claim> claims = new ArrayList<>();
    for (RouteConfig route : routes) {
      List<String> globs = route.models().isEmpty() ? List.of("") : route.models();
      globs.forEach(glob -> claims.add(Claim.of(route, glob)));
    }
    return claims;
  }

  private static String model(Random random, String letters) {
    StringBuilder model = new StringBuilder();
    for (int i = random.nextInt(7); i >= 0; i--) {
      model.append(letters.charAt(random.nextInt(letters.length())));
    }
    return model.toString();
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
