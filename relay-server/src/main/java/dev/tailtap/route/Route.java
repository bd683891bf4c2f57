package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Weighted;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Where the requests of a host, below a path and for some models, may go. Immutable. */
public final class Route {
  private final RouteConfig policy;
  private final String path;
  private final ModelGlobs models;
  private final List<Target> targets;
  private final List<Upstream> upstreams;

  /**
   * Ties a route to its upstreams.
   *
   * @param path a prefix of the requests' paths, in its normal form
   * @param byName each upstream that the route names is there
   */
  Route(RouteConfig policy, String path, Map<String, Upstream> byName) {
    this.policy = policy;
    this.path = path;
    models = new ModelGlobs(policy.models());
    targets = targets(policy.upstreams(), byName);
    upstreams = targets.stream().map(Target::upstream).distinct().toList();
  }

  public String name() {
    return policy.name();
  }

  /** Its settings: how a target is chosen, and what is tried again. */
  public RouteConfig policy() {
    return policy;
  }

  /** Where a request may go: by priority, then as the file has them; never empty. */
  public List<Target> targets() {
    return targets;
  }

  /** Whether there is a choice; else nothing is ever noted of the one target. */
  public boolean several() {
    return targets.size() > 1;
  }

  /** The upstreams that one request may go to, the best first; each is to be tried once. */
  public Iterator<Upstream> candidates() {
    return upstreams.iterator();
  }

  /** A prefix of the paths that it leads, in its normal form. */
  String path() {
    return path;
  }

  boolean hasHost() {
    return !policy.host().isEmpty();
  }

  /** Whether requests for any model come here, and those that name none. */
  boolean isForAnyModel() {
    return models.isAny();
  }

  /** How much it claims a model, as {@link ModelGlobs#claim} has it. */
  int claim(String model) {
    return models.claim(model);
  }

  /**
   * Whether it is for a host and a path, whatever the model.
   *
   * @param authority the Host field of a request; null: it has none
   */
  boolean leads(String authority, String requestPath) {
    return isOf(authority) && RouteConfig.leads(path, requestPath);
  }

  /** A host has no case, its port and a dot at its end do not count (RFC 3986 section 3.2.2). */
  private boolean isOf(String authority) {
    String host = policy.host();
    if (host.isEmpty()) {
      return true;
    }
    if (authority == null || !authority.regionMatches(true, 0, host, 0, host.length())) {
      return false;
    }
    int end = host.length();
    if (end < authority.length() && authority.charAt(end) == '.') {
      end++;
    }
    return end == authority.length() || authority.charAt(end) == ':';
  }

  private static List<Target> targets(
      List<List<Weighted>> priorities, Map<String, Upstream> byName) {
    List<Target> targets = new ArrayList<>();
    for (int priority = 0; priority < priorities.size(); priority++) {
      for (Weighted member : priorities.get(priority)) {
        Upstream upstream = byName.get(member.upstream());
        for (UpstreamKey key : upstream.keys()) {
          targets.add(new Target(upstream, key, member.weight(), priority));
        }
      }
    }
    return List.copyOf(targets);
  }
}
