package dev.tailtap.admin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many exchanges are under way.
 *
 * @param max admitted at the same time
 * @param peak the most since the relay started
 * @param upstreams by name, in the order of the configuration
 */
public record Concurrency(int active, int max, int peak, Map<String, Upstream> upstreams) {

  public Concurrency {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
  }

  /** The share of one upstream. */
  public record Upstream(int active, int max, int peak) {}
}
