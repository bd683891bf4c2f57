package dev.tailtap.limits;

import java.util.concurrent.ConcurrentHashMap;

/** How many each client network has of something. Who has none takes no memory. Any thread. */
final class NetworkCounts {
  private final int max; // 0: nothing is counted
  private final ConcurrentHashMap<ClientNetwork, Integer> counts = new ConcurrentHashMap<>();

  NetworkCounts(int max) {
    this.max = max;
  }

  /** Takes one more; false: there are as many as there may be. */
  boolean enter(ClientNetwork network) {
    if (max == 0) {
      return true;
    }
    if (counts.merge(network, 1, Integer::sum) <= max) {
      return true;
    }
    leave(network);
    return false;
  }

  void leave(ClientNetwork network) {
    if (max > 0) {
      counts.computeIfPresent(network, (key, count) -> count == 1 ? null : count - 1);
    }
  }

  /** How many networks have any. */
  int size() {
    return counts.size();
  }
}
