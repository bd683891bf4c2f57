package dev.tailtap.upstream;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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

  /** When a model's refusal is over, by the clock of nanoTime; few, and those asked for last. */
  private final Map<String, Long> refusals = new ConcurrentHashMap<>();

  public UpstreamHealth() {
    this(System::nanoTime);
  }

  UpstreamHealth(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
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
}
