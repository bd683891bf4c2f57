package dev.tailtap.route;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Weighted;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the requests of a host, below a path and for some models, may go. Immutable, but for the
 * turns that it counts.
 */
public final class Route {
  private final RouteConfig policy;
  private final String path;
  private final ModelGlobs models;
  private final Target[] targets;
  private final AtomicLong turns = new AtomicLong();

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
  }

  public String name() {
    return policy.name();
  }

  /** Its settings: how a target is chosen, and what is tried again. */
  public RouteConfig policy() {
    return policy;
  }

  /** How many targets there are; one at least. */
  public int size() {
    return targets.length;
  }

  /** One of them: by priority, then as the file has them; those of an upstream are neighbours. */
  public Target target(int index) {
    return targets[index];
  }

  /** Whether there is a choice; else nothing is ever noted of the one target. */
  public boolean several() {
    return targets.length > 1;
  }

  /**
   * A hash of what a request sticks to: the first of what the settings name that it has.
   *
   * @param tenant the fingerprint of its caller; null: it shows no key
   * @return 0: it has nothing of that
   */
  public long sticky(HttpHeaders headers, String tenant) {
    for (RouteConfig.Sticky place : policy.sticky()) {
      String value = place.header() == null ? tenant : headers.get(place.header());
      if (value != null && !value.isEmpty()) {
        return StickyHash.of(value);
      }
    }
    return 0;
  }

  /** Counts one more request. */
  long turn() {
    return turns.getAndIncrement();
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

  private static Target[] targets(List<List<Weighted>> priorities, Map<String, Upstream> byName) {
    List<Target> targets = new ArrayList<>();
    for (int priority = 0; priority < priorities.size(); priority++) {
      for (Weighted member : priorities.get(priority)) {
        Upstream upstream = byName.get(member.upstream());
        for (UpstreamKey key : upstream.keys()) {
          targets.add(Target.of(upstream, key, member.weight(), priority));
        }
      }
    }
    return targets.toArray(Target[]::new);
  }
}
