package dev.tailtap.limits;

import java.util.concurrent.ConcurrentHashMap;

/** How many each client network has of something. Who has none takes no memory. Any thread. */
final class NetworkCounts {
  private volatile int max; // 0: as many as come
  private final ConcurrentHashMap<ClientNetwork, Integer> counts = new ConcurrentHashMap<>();

  NetworkCounts(int max) {
    this.max = max;
  }

  /** From now on each may have so many; whoever has more keeps them. */
  void limit(int most) {
    max = most;
  }

  /** Takes one more; false: there are as many as there may be. */
  boolean enter(ClientNetwork network) {
    int most = max;
    Integer count = counts.putIfAbsent(network, 1);
    while (count != null) {
      if (most > 0 && count >= most) {
        return false;
      }
      if (counts.replace(network, count, count + 1)) {
        return true;
      }
      count = counts.putIfAbsent(network, 1);
    }
    return true;
  }

  void leave(ClientNetwork network) {
    counts.computeIfPresent(network, (key, count) -> count == 1 ? null : count - 1);
  }

  /** How many networks have any. */
  int size() {
    return counts.size();
  }
}
