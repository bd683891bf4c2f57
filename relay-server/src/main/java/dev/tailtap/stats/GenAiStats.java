package dev.tailtap.stats;

import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The same calls under the names of OpenTelemetry's conventions for generative AI, as its
 * Prometheus exporter writes them: dots are underlines, the unit is the last word. With the label
 * {@code upstream} beside theirs. Any thread; nothing blocks.
 */
final class GenAiStats {
  /** What there is, by name, and {@code error_type} or {@code gen_ai_token_type} where told. */
  @SuppressWarnings("ImmutableEnumChecker") // Labels do not change.
  private enum Figure {
    DURATION("gen_ai_client_operation_duration_seconds", Labels.EMPTY, Buckets.ADVISED_DURATION),
    FAILED_DURATION(
        "gen_ai_client_operation_duration_seconds",
        Labels.of("error_type", "_OTHER"), // the word of the conventions for what has none
        Buckets.ADVISED_DURATION),
    INPUT(
        "gen_ai_client_token_usage",
        Labels.of("gen_ai_token_type", "input"),
        Buckets.ADVISED_TOKENS),
    OUTPUT(
        "gen_ai_client_token_usage",
        Labels.of("gen_ai_token_type", "output"),
        Buckets.ADVISED_TOKENS),
    FIRST_TOKEN(
        "gen_ai_server_time_to_first_token_seconds", Labels.EMPTY, Buckets.ADVISED_FIRST_TOKEN),
    OUTPUT_TOKEN(
        "gen_ai_server_time_per_output_token_seconds", Labels.EMPTY, Buckets.ADVISED_OUTPUT_TOKEN);

    private final String exposedName;
    private final Labels own;
    private final Buckets buckets;

    Figure(String exposedName, Labels own, Buckets buckets) {
      this.exposedName = exposedName;
      this.own = own;
      this.buckets = buckets;
    }

    String help() {
      return switch (this) {
        case DURATION, FAILED_DURATION -> "GenAI operation duration";
        case INPUT, OUTPUT -> "Number of input and output tokens used";
        case FIRST_TOKEN -> "Time to the first event of successful streams";
        case OUTPUT_TOKEN -> "Time per output token after the first event of successful streams";
      };
    }
  }

  private final SeriesTable<Map<Figure, Distribution>> table =
      new SeriesTable<>(GenAiStats::series);

  private static Map<Figure, Distribution> series() {
    Map<Figure, Distribution> series = new EnumMap<>(Figure.class);
    for (Figure figure : Figure.values()) {
      series.put(figure, new Distribution(figure.buckets));
    }
    return series;
  }

  void add(SeriesTable.Key key, EndedCall call, int limit) {
    Map<Figure, Distribution> series = table.of(key, call.completed(), limit);
    series
        .get(call.completed() ? Figure.DURATION : Figure.FAILED_DURATION)
        .observe(call.duration());
    if (call.metered()) {
      series.get(Figure.INPUT).observe((double) call.tokens().input());
      series.get(Figure.OUTPUT).observe((double) call.tokens().output());
    }
    if (call.completed()) {
      series.get(Figure.FIRST_TOKEN).observe(call.firstEvent());
      series.get(Figure.OUTPUT_TOKEN).observe(call.outputToken());
    }
  }

  /** Forgets all if there are more than the limit. */
  void limit(int most) {
    table.limit(most);
  }

  void retain(Set<String> upstreams) {
    table.retain(upstreams);
  }

  void collect(MetricSnapshots.Builder all) {
    Map<String, HistogramSnapshot.Builder> builders = new LinkedHashMap<>();
    for (Figure figure : Figure.values()) {
      builders.computeIfAbsent(
          figure.exposedName, name -> HistogramSnapshot.builder().name(name).help(figure.help()));
    }
    table.forEach(
        (key, series) -> {
          Labels labels = labels(key);
          series.forEach(
              (figure, values) ->
                  builders
                      .get(figure.exposedName)
                      .dataPoint(values.snapshot(labels.merge(figure.own))));
        });
    builders.values().forEach(builder -> all.metricSnapshot(builder.build()));
  }

  private static Labels labels(SeriesTable.Key key) {
    return Labels.of(
        "gen_ai_operation_name",
        key.operation(),
        "gen_ai_provider_name",
        key.provider(),
        "gen_ai_request_model",
        key.model(),
        "upstream",
        key.upstream());
  }
}
