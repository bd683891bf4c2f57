package dev.tailtap.config.file;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The checks of limits that are set by name: a limit that could never bite, or not as it reads, is
 * a mistake, for nobody would notice.
 */
final class LimitChecks {
  /** What the hourly sums tell apart in the words of requests. */
  private static final Set<Facet> SUMMED = EnumSet.of(Facet.TENANT, Facet.UPSTREAM);

  private final RelayConfig config;
  private final List<String> errors;

  LimitChecks(RelayConfig config, List<String> errors) {
    this.config = config;
    this.errors = errors;
  }

  void check() {
    config.quota().limits().values().forEach(this::check);
  }

  private void check(LimitConfig limit) {
    boolean reported =
        errors.stream().anyMatch(error -> error.startsWith("limit." + limit.name() + "."));
    if (reported) {
      return;
    }
    boolean bare =
        limit.requests() == null
            && limit.tokens() == null
            && limit.streams() == 0
            && limit.budget() == null;
    if (bare) {
      errors.add(
          "limit." + limit.name() + ": limits nothing; set requests, tokens, streams or budget");
    }
    if (limit.requests() == null && limit.requestsBurst() > 0) {
      errors.add(LimitConfig.REQUESTS_BURST.key(limit.name()) + ": is of no use without requests");
    }
    if (limit.tokens() == null && limit.tokensBurst() > 0) {
      errors.add(LimitConfig.TOKENS_BURST.key(limit.name()) + ": is of no use without tokens");
    }
    Collection<String> routes = config.routes().stream().map(RouteConfig::name).toList();
    checkNames(limit, Facet.ROUTE, routes);
    checkNames(limit, Facet.UPSTREAM, config.upstreams().keySet());
    if (limit.budget() != null) {
      checkBudget(limit);
    }
  }

  private void checkNames(LimitConfig limit, Facet facet, Collection<String> known) {
    for (String name : limit.match().globs().getOrDefault(facet, List.of())) {
      if (!name.contains("*") && !known.isEmpty() && !known.contains(name)) {
        String key = LimitConfig.MATCH.key(limit.name());
        String must = " must be one of the " + facet.word() + "s, " + String.join(", ", known);
        errors.add(key + ": " + name + must + Spelling.hint(name, known));
      }
    }
  }

  /** The sums know no keys, no routes, and models by the names that providers answer with. */
  private void checkBudget(LimitConfig limit) {
    Set<Facet> asked = EnumSet.noneOf(Facet.class);
    asked.addAll(limit.per());
    asked.addAll(limit.match().globs().keySet());
    asked.removeAll(SUMMED);
    String key = LimitConfig.BUDGET.key(limit.name());
    if (!asked.isEmpty()) {
      List<String> words = asked.stream().map(Facet::word).toList();
      errors.add(
          key
              + ": is summed by tenant and upstream, not by "
              + String.join(" or ", words)
              + "; give a key a tenant of its own, or set the budget in another limit");
    }
    if (limit.match().named() && !limit.per().contains(Facet.TENANT)) {
      errors.add(
          key
              + ": needs "
              + LimitConfig.PER.key(limit.name())
              + "=tenant beside match=named, for the sums know no keys");
    }
  }

  /** What can be used but should be looked at. */
  static List<String> warnings(RelayConfig config) {
    List<String> warnings = new ArrayList<>();
    for (Map.Entry<String, LimitConfig> limit : config.quota().limits().entrySet()) {
      LimitConfig set = limit.getValue();
      if (set.tokens() != null && set.streams() == 0) {
        warnings.add(
            LimitConfig.TOKENS.key(limit.getKey())
                + ": without streams any number of calls may overshoot it at once; see docs/LIMITS.md");
      }
    }
    return warnings;
  }
}
