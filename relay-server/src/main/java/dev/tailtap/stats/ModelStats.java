package dev.tailtap.stats;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * The figures by upstream and model. A call is counted once, at its end, by a fixed number of
 * additions; a model has series of its own once an upstream has answered it, as long as there are
 * places. Any thread; nothing blocks.
 */
final class ModelStats implements MultiCollector {
  private final SeriesTable<Series> table = new SeriesTable<>(Series::new);
  private final GenAiStats genAi = new GenAiStats();
  private volatile int limit = 100;
  private volatile boolean withGenAi;
  private volatile Set<String> upstreams; // null: any

  /** What is counted of one model at one upstream. */
  private static final class Series {
    private final Map<Metric, LongAdder> counters = new EnumMap<>(Metric.class);
    private final Map<Label, LongAdder> tokens = new EnumMap<>(Label.class);
    private final Map<Metric, Distribution> times = new EnumMap<>(Metric.class);

    Series() {
      counters.put(Metric.MODEL_ERRORS, new LongAdder());
      counters.put(Metric.MODEL_UNMETERED, new LongAdder());
      for (Label kind : Label.values()) {
        if (kind.metric() == Metric.TOKENS) {
          tokens.put(kind, new LongAdder());
        }
      }
      times.put(Metric.CALL_SECONDS, new Distribution(Buckets.DURATION));
      times.put(Metric.FIRST_EVENT_SECONDS, new Distribution(Buckets.FIRST_EVENT));
      times.put(Metric.OUTPUT_TOKEN_SECONDS, new Distribution(Buckets.ADVISED_OUTPUT_TOKEN));
    }

    void add(EndedCall call) {
      if (call.failed()) {
        counters.get(Metric.MODEL_ERRORS).increment();
      }
      if (call.completed() && !call.metered()) {
        counters.get(Metric.MODEL_UNMETERED).increment();
      }
      EndedCall.Counts counts = call.tokens();
      tokens.get(Label.TOKENS_INPUT).add(counts.input());
      tokens.get(Label.TOKENS_CACHED).add(counts.cached());
      tokens.get(Label.TOKENS_CACHE_WRITE).add(counts.cacheWrite());
      tokens.get(Label.TOKENS_OUTPUT).add(counts.output());
      tokens.get(Label.TOKENS_REASONING).add(counts.reasoning());
      times.get(Metric.CALL_SECONDS).observe(call.duration());
      times.get(Metric.FIRST_EVENT_SECONDS).observe(call.firstEvent());
      times.get(Metric.OUTPUT_TOKEN_SECONDS).observe(call.outputToken());
    }
  }

  /** Counts it. */
  void add(EndedCall call) {
    table.of(key(call, "", ""), call.completed(), limit).add(call);
    if (withGenAi) {
      SeriesTable.Key key = key(call, call.operation(), call.provider());
      genAi.add(key, call, limit);
    }
  }

  private static SeriesTable.Key key(EndedCall call, String operation, String provider) {
    String model = call.model().isEmpty() ? "unknown" : call.model();
    return new SeriesTable.Key(call.upstream(), model, operation, provider);
  }

  /** From now on so many models have series of their own. */
  void limit(int models, boolean alsoGenAi) {
    limit = models;
    withGenAi = alsoGenAi;
    table.limit(models);
    genAi.limit(alsoGenAi ? models : -1);
  }

  /** From now on nothing is told of other upstreams. */
  void retain(Set<String> names) {
    upstreams = Set.copyOf(names);
  }

  @Override
  public MetricSnapshots collect() {
    Set<String> present = upstreams;
    if (present != null) { // calls that began before a reload may have counted for others since
      table.retain(present);
      genAi.retain(present);
    }
    Builders builders = new Builders();
    table.forEach((key, series) -> builders.add(labels(key), series));
    MetricSnapshots.Builder all = builders.all();
    if (withGenAi) {
      genAi.collect(all);
    }
    return all.build();
  }

  private static Labels labels(SeriesTable.Key key) {
    return Labels.of("model", key.model(), "upstream", key.upstream());
  }

  /** The metrics as they are put together at a scrape. */
  private static final class Builders {
    private final Map<Metric, CounterSnapshot.Builder> counters = new EnumMap<>(Metric.class);
    private final Map<Metric, HistogramSnapshot.Builder> times = new EnumMap<>(Metric.class);

    Builders() {
      for (Metric metric : Metric.values()) {
        if (metric.byModel()) {
          switch (metric.kind()) {
            case COUNTER -> counters.put(metric, about(CounterSnapshot.builder(), metric));
            case HISTOGRAM -> times.put(metric, about(HistogramSnapshot.builder(), metric));
            case GAUGE -> throw new IllegalStateException(metric + " is counted by model");
          }
        }
      }
    }

    private static <B extends io.prometheus.metrics.model.snapshots.MetricSnapshot.Builder<B>>
        B about(B builder, Metric metric) {
      return builder.name(metric.exposedName()).help(metric.help());
    }

    void add(Labels labels, Series series) {
      series.counters.forEach((metric, sum) -> add(metric, labels, sum));
      series.tokens.forEach(
          (kind, sum) -> add(Metric.MODEL_TOKENS, labels.add("kind", kind.value()), sum));
      series.times.forEach(
          (metric, values) -> times.get(metric).dataPoint(values.snapshot(labels)));
    }

    private void add(Metric metric, Labels labels, LongAdder sum) {
      counters
          .get(metric)
          .dataPoint(
              CounterSnapshot.CounterDataPointSnapshot.builder()
                  .labels(labels)
                  .value((double) sum.sum())
                  .build());
    }

    MetricSnapshots.Builder all() {
      MetricSnapshots.Builder all = MetricSnapshots.builder();
      counters.values().forEach(builder -> all.metricSnapshot(builder.build()));
      times.values().forEach(builder -> all.metricSnapshot(builder.build()));
      return all;
    }
  }
}
