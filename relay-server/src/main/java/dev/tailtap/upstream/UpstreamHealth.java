package dev.tailtap.upstream;

import dev.tailtap.stats.Gauge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * What was learned of an upstream by using it, apart from what is configured: one for all loops,
 * and handed on to the {@link Upstream} that takes the place of another. Any thread.
 */
public final class UpstreamHealth {
  /** Providers learn; after so long one that refused is asked again. */
  private static final long REFUSAL_NANOS = TimeUnit.HOURS.toNanos(1);

  /** Models are named by callers, who may make up any number of them. */
  private static final int MOST_REFUSALS = 64;

  private final LongSupplier nanoTime;
  private final DoubleSupplier random;
  private final Availability availability;
  private final Gauge streams = new Gauge(Integer.MAX_VALUE);

  private final CallerLimits callers;

  /** Those of the keys that are configured. */
  private final Map<KeyId, Availability> keys = new ConcurrentHashMap<>();

  /** When a model's refusal is over, by the clock of nanoTime; few, and those asked for last. */
  private final Map<String, Long> refusals = new ConcurrentHashMap<>();

  public UpstreamHealth() {
    this(System::nanoTime, () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * By a clock, and with a chance, of the caller's own.
   *
   * @param random from 0 to 1
   */
  public UpstreamHealth(LongSupplier nanoTime, DoubleSupplier random) {
    this.nanoTime = nanoTime;
    this.random = random;
    availability = new Availability(nanoTime, random);
    callers = new CallerLimits(nanoTime, random);
  }

  /** Exchanges under way with it. */
  public Gauge streams() {
    return streams;
  }

  /** A number from 0 to 1, by chance. */
  public double chance() {
    return random.getAsDouble();
  }

  /** Whether the upstream as a whole may be asked, whichever the key. */
  public Availability availability() {
    return availability;
  }

  /**
   * The pool of these keys. A key that was there before, with the same value, stays as available as
   * it was; what was known of others is forgotten. One thread at a time.
   *
   * @param values by label; empty: there is no pool
   * @param shown whether each client then shows a key of its own
   */
  List<UpstreamKey> keys(Map<String, String> values, boolean shown) {
    List<UpstreamKey> pool = new ArrayList<>();
    values.forEach((label, value) -> pool.add(key(label, value, null)));
    if (pool.isEmpty()) {
      pool.add(key(null, null, shown ? callers : null));
    }
    keys.keySet().retainAll(pool.stream().map(KeyId::of).toList());
    return List.copyOf(pool);
  }

  private UpstreamKey key(String label, String value, CallerLimits limits) {
    KeyId id = new KeyId(label, value);
    Availability known = keys.computeIfAbsent(id, key -> new Availability(nanoTime, random));
    return new UpstreamKey(label, value, known, limits);
  }

  /**
   * Whether a request for a model may ask it for usage: it has not refused that lately. What one
   * model refuses says nothing of another, which may be somebody else's behind the same address.
   *
   * @param model null: the request names none
   */
  public boolean acceptsUsageOption(String model) {
    Long until = refusals.get(key(model));
    return until == null || nanoTime.getAsLong() - until >= 0;
  }

  /**
   * It answered an error to a request with the option and then took the same request without it.
   */
  public void noteUsageOptionRefused(String model) {
    long now = nanoTime.getAsLong();
    if (refusals.size() >= MOST_REFUSALS) {
      refusals.values().removeIf(until -> now - until >= 0);
    }
    if (refusals.size() < MOST_REFUSALS) {
      refusals.put(key(model), now + REFUSAL_NANOS);
    }
  }

  private static String key(String model) {
    return model == null ? "" : model;
  }

  private record KeyId(String label, String value) {
    static KeyId of(UpstreamKey key) {
      return new KeyId(key.label(), key.value());
    }

    @Override
    public String toString() {
      return label;
    }
  }
}
