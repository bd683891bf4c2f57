package dev.tailtap.admin;

import java.time.Instant;
import java.util.List;

/**
 * Which upstreams may be asked, and which not, why and until when.
 *
 * @param upstreams in the order of the configuration
 */
public record UpstreamStates(List<Upstream> upstreams) {
  /** Copies the list. */
  public UpstreamStates {
    upstreams = List.copyOf(upstreams);
  }

  /**
   * One of them.
   *
   * @param streams under way there
   * @param keys in the order of the configuration
   */
  public record Upstream(String name, Standing standing, int streams, List<Key> keys) {
    /** Copies the list. */
    public Upstream {
      keys = List.copyOf(keys);
    }
  }

  /**
   * One of its keys.
   *
   * @param label null: the one that each client shows
   * @param callers who may not be heard now because of the keys that they show
   */
  public record Key(String label, Standing standing, int callers) {}

  /**
   * Whether one may be asked.
   *
   * @param state {@code ok}, {@code parked} or {@code out}
   * @param reason a short word; null while it is ok
   * @param until null while it is ok; what is past waits for the request that probes
   */
  public record Standing(String state, String reason, Instant until) {}
}
