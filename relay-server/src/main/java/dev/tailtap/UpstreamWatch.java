package dev.tailtap;

import dev.tailtap.admin.UpstreamStates;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.Availability.Sight;
import dev.tailtap.upstream.Availability.State;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** Shows the health of the upstreams in use to the admin port and the metrics. Any thread. */
final class UpstreamWatch {
  private final Supplier<Collection<Upstream>> upstreams;
  private final ToIntFunction<String> streams;
  private final LongSupplier nanoTime;
  private final InstantSource clock;

  /**
   * Looks only when asked.
   *
   * @param upstreams those of the present settings, in their order
   * @param streams how many are under way at an upstream, by its name
   * @param nanoTime the clock of the upstreams' health
   */
  UpstreamWatch(
      Supplier<Collection<Upstream>> upstreams,
      ToIntFunction<String> streams,
      LongSupplier nanoTime,
      InstantSource clock) {
    this.upstreams = upstreams;
    this.streams = streams;
    this.nanoTime = nanoTime;
    this.clock = clock;
  }

  /** What the admin port tells. */
  UpstreamStates states() {
    long nanos = nanoTime.getAsLong();
    Instant now = clock.instant();
    List<UpstreamStates.Upstream> all = new ArrayList<>();
    for (Upstream upstream : upstreams.get()) {
      List<UpstreamStates.Key> keys = new ArrayList<>();
      for (UpstreamKey key : upstream.keys()) {
        Sight sight = key.availability().sight();
        keys.add(
            new UpstreamStates.Key(key.label(), standing(sight, nanos, now), key.callersRefused()));
      }
      all.add(
          new UpstreamStates.Upstream(
              upstream.name(),
              standing(sight(upstream), nanos, now),
              streams.applyAsInt(upstream.name()),
              keys));
    }
    return new UpstreamStates(all);
  }

  /** Has the metrics ask for the states at each scrape. */
  void expose(Stats stats) {
    stats.gauge(Metric.UPSTREAM_STATE, out -> sights(new StateSamples(out)));
    stats.gauge(Metric.UPSTREAM_UNTIL, out -> sights(new UntilSamples(out, nanoTime.getAsLong())));
  }

  /** The upstream itself has no key; the one that stands for what clients show is not named. */
  private void sights(Sights out) {
    for (Upstream upstream : upstreams.get()) {
      out.put(upstream.name(), "", sight(upstream));
      for (UpstreamKey key : upstream.keys()) {
        if (key.label() != null) {
          out.put(upstream.name(), key.label(), key.availability().sight());
        }
      }
    }
  }

  /** As it is as a whole: where no key of it may be used, as the key that is back first. */
  private static Sight sight(Upstream upstream) {
    Sight own = upstream.health().availability().sight();
    Sight soonest = null;
    for (UpstreamKey key : upstream.keys()) {
      Sight sight = key.availability().sight();
      if (own.state() != State.OK || sight.state() == State.OK) {
        return own;
      }
      boolean sooner = soonest == null || sight.untilNanos() - soonest.untilNanos() < 0;
      soonest = sooner ? sight : soonest;
    }
    return soonest;
  }

  private static UpstreamStates.Standing standing(Sight sight, long nanos, Instant now) {
    Instant until = now.plusNanos(sight.untilNanos() - nanos).truncatedTo(ChronoUnit.MILLIS);
    return new UpstreamStates.Standing(
        word(sight.state()), sight.reason(), sight.state() == State.OK ? null : until);
  }

  private static String word(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private interface Sights {
    void put(String upstream, String key, Sight sight);
  }

  private record StateSamples(Stats.Samples out) implements Sights {
    @Override
    public void put(String upstream, String key, Sight sight) {
      for (State state : State.values()) {
        out.put(sight.state() == state ? 1 : 0, upstream, key, word(state));
      }
    }
  }

  private record UntilSamples(Stats.Samples out, long nanos) implements Sights {
    @Override
    public void put(String upstream, String key, Sight sight) {
      long left = sight.state() == State.OK ? 0 : Math.max(0, sight.untilNanos() - nanos);
      out.put((double) left / TimeUnit.SECONDS.toNanos(1), upstream, key);
    }
  }
}
