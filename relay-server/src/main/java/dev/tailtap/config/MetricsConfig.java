package dev.tailtap.config;

/**
 * What the metrics tell apart.
 *
 * @param models that have figures of their own; one at two upstreams is two
 * @param genAi whether they are told by OpenTelemetry's names, too
 */
public record MetricsConfig(int models, boolean genAi) {
  static final Setting<Integer> MODELS =
      Setting.of(
          "metrics.models",
          ValueType.count(0, 10_000),
          "100",
          "Models that have figures of their own in /metrics, one at two upstreams being two");
  static final Setting<Boolean> GEN_AI =
      Setting.of(
          "metrics.gen-ai",
          ValueType.FLAG,
          "false",
          "Whether /metrics has the figures by model under OpenTelemetry's gen_ai names, too");

  /** Reads its settings alone. */
  public static MetricsConfig of(Settings settings) {
    return new MetricsConfig(settings.get(MODELS), settings.get(GEN_AI));
  }
}
