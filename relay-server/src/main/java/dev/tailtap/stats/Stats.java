package dev.tailtap.stats;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The values behind {@link Metric}: one instance per relay, handed to whoever counts. Any thread
 * may count; nothing blocks.
 */
public final class Stats {
  private static final String UPSTREAM = "upstream";
  private static final String LIMIT = "limit";

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ModelStats models = new ModelStats();
  private final Map<Metric, Counter> counters = new EnumMap<>(Metric.class);
  private final Map<Label, CounterDataPoint> words = new EnumMap<>(Label.class);
  private final Map<Metric, Histogram> histograms = new EnumMap<>(Metric.class);
  private final Map<Metric, Map<String, DoubleSupplier>> gauges = new EnumMap<>(Metric.class);
  private final Map<Metric, List<Consumer<Samples>>> sources = new EnumMap<>(Metric.class);

  /**
   * Those that counters tell of; null: any. Calls that began before a reload may count for others.
   */
  private volatile Set<String> upstreams;

  private volatile Set<String> limits; // likewise

  /** Where a gauge's source puts its values. */
  @FunctionalInterface
  public interface Samples {
    /** One value, under the values of the metric's labels in their order. */
    void put(double value, String... labels);
  }

  public Stats() {
    for (Metric metric : Metric.values()) {
      if (!metric.byModel()) {
        register(metric);
      }
    }
    registry.register(models);
    for (Label label : Label.values()) {
      // There from the start: what is born at 1 has not increased, to Prometheus.
      words.put(label, counters.get(label.metric()).labelValues(label.value()));
    }
  }

  /** Adds one to a counter without label. */
  public void count(Metric metric) {
    add(metric, 1);
  }

  /** Adds to a counter without label. */
  public void add(Metric metric, long amount) {
    counters.get(metric).inc(amount);
  }

  /** Adds to a labelled counter whose value is no word of {@link Label}. */
  public void add(Metric metric, String label, long amount) {
    counters.get(metric).labelValues(label).inc(amount);
  }

  /** Adds one to a counter with two labels. */
  public void count(Metric metric, String first, String second) {
    counters.get(metric).labelValues(first, second).inc();
  }

  /** Adds one to a labelled counter. */
  public void count(Label label) {
    add(label, 1);
  }

  /** Adds to a labelled counter. */
  public void add(Label label, long amount) {
    words.get(label).inc(amount);
  }

  /** The present value of a counter without label. */
  public long value(Metric metric) {
    return counters.get(metric).getLongValue();
  }

  /** The present value of one label of a counter. */
  public long value(Metric metric, String label) {
    return counters.get(metric).labelValues(label).getLongValue();
  }

  /** The present value of a counter with two labels. */
  public long value(Metric metric, String first, String second) {
    return counters.get(metric).labelValues(first, second).getLongValue();
  }

  /** The present values of a counter, over all its labels. */
  public long sum(Metric metric) {
    double sum = 0;
    for (CounterSnapshot.CounterDataPointSnapshot point :
        counters.get(metric).collect().getDataPoints()) {
      sum += point.getValue();
    }
    return (long) sum;
  }

  /** Above 0, by the last label of a counter. */
  public Map<String, Long> counts(Metric metric) {
    return counts(metric, null);
  }

  /** The same of those that have this value of the first label; it makes none. */
  public Map<String, Long> counts(Metric metric, String first) {
    List<String> labels = metric.labels();
    Map<String, Long> counts = new TreeMap<>();
    for (CounterSnapshot.CounterDataPointSnapshot point :
        counters.get(metric).collect().getDataPoints()) {
      boolean asked = first == null || first.equals(point.getLabels().get(labels.get(0)));
      if (asked && point.getValue() > 0) {
        counts.put(point.getLabels().get(labels.get(labels.size() - 1)), (long) point.getValue());
      }
    }
    return counts;
  }

  /** Counts a call for its upstream and model. */
  public void count(EndedCall call) {
    models.add(call);
  }

  /**
   * From now on so many models have figures of their own, one at two upstreams being two.
   *
   * @param genAi whether they are told by OpenTelemetry's names, too
   */
  public void limitModels(int most, boolean genAi) {
    models.limit(most, genAi);
  }

  /** Observes a value of a histogram, in its base unit. */
  public void observe(Metric metric, double value) {
    histograms.get(metric).observe(value);
  }

  /** Gives a gauge its source, read at each scrape; label is ignored where the metric has none. */
  public void gauge(Metric metric, String label, DoubleSupplier source) {
    gauges.get(metric).put(label, source);
  }

  /** Takes back a gauge's source, if it is that one still. */
  public void forget(Metric metric, String label, DoubleSupplier source) {
    gauges.get(metric).remove(label, source);
  }

  /** From now on no counter or histogram tells of upstreams of other names, which are gone. */
  public void retainUpstreams(Set<String> names) {
    upstreams = Set.copyOf(names);
    models.retain(names);
  }

  /** The same of limits that are set by name. */
  public void retainLimits(Set<String> names) {
    limits = Set.copyOf(names);
  }

  /**
   * Gives a gauge the source of all its values, asked at each scrape: for those whose labels come
   * and go.
   */
  public void gauge(Metric metric, Consumer<Samples> source) {
    sources.get(metric).add(source);
  }

  /** The figures as they are now. */
  public MetricSnapshots scrape() {
    retain(UPSTREAM, upstreams);
    retain(LIMIT, limits);
    return registry.scrape();
  }

  private void retain(String label, Set<String> present) {
    if (present != null) {
      counters.forEach(
          (metric, counter) -> {
            int at = metric.labels().indexOf(label);
            if (at >= 0) {
              counter.removeIf(values -> !present.contains(values.get(at)));
            }
          });
    }
  }

  private void register(Metric metric) {
    switch (metric.kind()) {
      case COUNTER -> counters.put(metric, counter(metric));
      case HISTOGRAM -> histograms.put(metric, histogram(metric));
      case GAUGE -> {
        gauges.put(metric, new ConcurrentHashMap<>());
        sources.put(metric, new CopyOnWriteArrayList<>());
        register(metric, gauges.get(metric), sources.get(metric));
      }
    }
  }

  private Histogram histogram(Metric metric) {
    Histogram.Builder builder =
        Histogram.builder()
            .name(metric.exposedName())
            .help(metric.help())
            .classicOnly()
            .withoutExemplars(); // a timer for each would tick in vain
    if (metric == Metric.SHARED_SECONDS) {
      builder.classicUpperBounds(Buckets.ROUND_TRIP.bounds());
    }
    return builder.register(registry);
  }

  private Counter counter(Metric metric) {
    Counter.Builder builder =
        Counter.builder().name(metric.exposedName()).help(metric.help()).withoutExemplars();
    if (!metric.labels().isEmpty()) {
      builder.labelNames(metric.labels().toArray(String[]::new));
    }
    return builder.register(registry);
  }

  private void register(
      Metric metric, Map<String, DoubleSupplier> single, List<Consumer<Samples>> many) {
    GaugeWithCallback.Builder builder =
        GaugeWithCallback.builder().name(metric.exposedName()).help(metric.help());
    boolean labelled = !metric.labels().isEmpty();
    if (labelled) {
      builder.labelNames(metric.labels().toArray(String[]::new));
    }
    builder.callback(
        out -> {
          single.forEach(
              (label, source) -> {
                String[] labels = labelled ? new String[] {label} : new String[0];
                out.call(source.getAsDouble(), labels);
              });
          many.forEach(source -> source.accept(out::call));
        });
    builder.register(registry);
  }
}
