package dev.tailtap.upstream;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Which callers, who show keys of their own, an upstream does not want to hear for a while: the
 * limit of one says nothing of another, and keeps nobody else from it. So many at most; of further
 * ones nothing is remembered. Any thread.
 */
final class CallerLimits {
  private static final int MOST = 4096;

  private final LongSupplier nanoTime;
  private final DoubleSupplier random;
  private final Map<String, Availability> callers = new ConcurrentHashMap<>();

  CallerLimits(LongSupplier nanoTime, DoubleSupplier random) {
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /**
   * Whether a caller may be heard.
   *
   * @param tenant the fingerprint of its key
   * @return null: nothing speaks against it
   */
  Availability of(String tenant) {
    return callers.isEmpty() ? null : callers.get(tenant);
  }

  /** The same for one of whom something is to be remembered; null: there is no room. */
  Availability remember(String tenant) {
    if (callers.size() >= MOST) {
      forget();
    }
    Availability known = callers.get(tenant);
    if (known != null || callers.size() >= MOST) {
      return known;
    }
    return callers.computeIfAbsent(tenant, one -> new Availability(nanoTime, random));
  }

  /** Of a caller that is well nothing is remembered. */
  void forget(String tenant) {
    Availability known = of(tenant);
    if (known != null && known.state() == Availability.State.OK) {
      callers.remove(tenant, known);
    }
  }

  /** How many may not be heard now. */
  int size() {
    long now = nanoTime.getAsLong();
    return (int) callers.values().stream().filter(one -> one.untilNanos() - now > 0).count();
  }

  /** Those whose time is over. */
  private void forget() {
    long now = nanoTime.getAsLong();
    callers.values().removeIf(one -> one.untilNanos() - now <= 0);
  }
}
