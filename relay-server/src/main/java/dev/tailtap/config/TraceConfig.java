package dev.tailtap.config;

import java.net.URI;

/**
 * Whose spans are told, and to whom.
 *
 * @param otlp where OTLP/HTTP takes spans; null: calls are not traced
 */
public record TraceConfig(URI otlp) {
  static final Setting<URI> OTLP =
      Setting.of(
          "trace.otlp",
          ValueType.ENDPOINT,
          "",
          "Where OTLP/HTTP takes spans, as in http://127.0.0.1:4318/v1/traces; empty: no call is"
              + " traced");

  /** Reads its settings alone. */
  public static TraceConfig of(Settings settings) {
    return new TraceConfig(settings.get(OTLP));
  }
}
