package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Commit;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.config.Setting;
import dev.tailtap.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What is wrong with no setting of a route, and yet may not do what was meant. */
final class RouteWarnings {
  /** Below these a provider keeps things for an account, which no other knows. */
  private static final List<String> STATE =
      List.of(
          "/v1/files",
          "/v1/uploads",
          "/v1/containers",
          "/v1/evals",
          "/v1/batches",
          "/v1/fine_tuning",
          "/v1/assistants",
          "/v1/threads",
          "/v1/vector_stores",
          "/v1/responses",
          "/v1/conversations",
          "/v1/messages/batches",
          "/v1beta/cachedContents",
          "/v1beta/files");

  private final RelayConfig config;
  private final List<String> warnings = new ArrayList<>();

  RouteWarnings(RelayConfig config) {
    this.config = config;
  }

  List<String> warnings() {
    Map<String, Set<Commit>> commits = new TreeMap<>();
    for (RouteConfig route : config.routes()) {
      warnOfState(route);
      warnOfEvents(route);
      warnOfStrip(route);
      for (String upstream : RouteChecks.names(route)) {
        commits.computeIfAbsent(upstream, name -> new TreeSet<>()).add(route.commit());
      }
    }
    config
        .upstreams()
        .values()
        .forEach(upstream -> warnOfTimeout(upstream, commits.get(upstream.name())));
    return warnings;
  }

  private void warnOfState(RouteConfig route) {
    if (RouteChecks.targets(config, route) == 1 || !route.sticky().isEmpty()) {
      return;
    }
    String path = upstreamPath(route);
    List<String> kept =
        STATE.stream()
            .filter(state -> RouteConfig.leads(path, state) || RouteConfig.leads(state, path))
            .toList();
    if (!kept.isEmpty()) {
      warnings.add(
          RouteChecks.key(route)
              + ": what one provider or account keeps (below "
              + String.join(", ", kept)
              + ") the others do not know; "
              + RouteConfig.BALANCE.key(route.name())
              + "=sticky keeps a caller at one");
    }
  }

  /** The path of the route as an upstream sees it. */
  private static String upstreamPath(RouteConfig route) {
    boolean stripped = !route.strip().isEmpty() && RouteConfig.leads(route.strip(), route.path());
    String path = stripped ? route.path().substring(route.strip().length()) : route.path();
    return path.isEmpty() ? "/" : path;
  }

  private void warnOfEvents(RouteConfig route) {
    for (RetryOn what : List.of(RetryOn.FIRST_EVENT, RetryOn.ERROR_EVENT)) {
      if (route.retryOn().contains(what) && route.commit() != Commit.EVENT) {
        warn(RouteConfig.RETRY_ON, route.name(), what.word() + " is of no use without " + event());
      }
    }
  }

  private void warnOfStrip(RouteConfig route) {
    String strip = route.strip();
    boolean useful =
        RouteConfig.leads(strip, route.path()) || RouteConfig.leads(route.path(), strip);
    if (!strip.isEmpty() && !useful) {
      warn(RouteConfig.STRIP, route.name(), strip + " leads no path below " + route.path());
    }
  }

  private void warnOfTimeout(UpstreamConfig upstream, Set<Commit> commits) {
    boolean counts = commits != null && commits.contains(Commit.EVENT);
    if (!upstream.firstEventTimeout().isZero() && !counts) {
      String useless = "is of no use, as no route to it has " + event();
      warn(UpstreamConfig.FIRST_EVENT_TIMEOUT, upstream.name(), useless);
    }
  }

  private static String event() {
    return RouteConfig.COMMIT.template() + "=event";
  }

  private void warn(Setting<?> setting, String name, String what) {
    warnings.add(setting.key(name) + ": " + what);
  }
}
