package dev.tailtap.admin;

import dev.tailtap.stats.Stats;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** The relay's counters and those of its process, as Prometheus asks for them. */
final class MetricsPage {
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final Stats stats;
  private final PrometheusRegistry process = ProcessMetrics.registry();

  MetricsPage(Stats stats) {
    this.stats = stats;
  }

  /**
   * All figures as of now.
   *
   * @param accept decides between OpenMetrics and Prometheus' own text
   */
  Reply scrape(String accept) throws IOException {
    ExpositionFormatWriter writer =
        accept != null && accept.contains("application/openmetrics-text")
            ? formats.getOpenMetricsTextFormatWriter()
            : formats.getPrometheusTextFormatWriter();
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    stats.scrape().forEach(all::metricSnapshot);
    process.scrape().forEach(all::metricSnapshot);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    writer.write(body, all.build());
    return new Reply(200, writer.getContentType(), body.toByteArray());
  }
}
