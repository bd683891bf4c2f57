package dev.tailtap.trace;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Where calls become spans, while the settings name a collector. Whoever ends a span only hands it
 * over: what finds no room is dropped and counted. Each collector has a thread of its own.
 */
public final class Tracing implements AutoCloseable {
  private static final Duration LAST_SPANS = Duration.ofSeconds(2);

  private final Stats stats;
  private final Consumer<Span> ended = this::offer;
  private URI collector; // guarded by this; null: none
  private volatile OtlpExporter exporter; // null: calls are not traced

  /** Traces nothing yet. */
  public Tracing(Stats stats) {
    this.stats = stats;
  }

  /** From the next call on spans go where these settings say. */
  public synchronized void use(RelayConfig config) {
    URI wanted = config.trace().otlp();
    if (wanted == null ? collector == null : wanted.equals(collector)) {
      return;
    }
    collector = wanted;
    OtlpExporter before = exporter;
    exporter = wanted == null ? null : new OtlpExporter(wanted, config.server().instance(), stats);
    if (before != null) {
      before.close(LAST_SPANS);
    }
  }

  /**
   * A call begins.
   *
   * @param from what its client says; null: nothing valid
   * @param first its first row
   * @return null: it is not traced
   */
  public CallTrace begin(
      RelayConfig config, TraceParent from, OpenRecord first, String method, String path) {
    return exporter == null ? null : new CallTrace(ended, config, from, first, method, path);
  }

  private void offer(Span span) {
    OtlpExporter to = exporter;
    if (to != null && !to.offer(span)) {
      stats.count(Label.SPANS_FULL);
    }
  }

  /** Sends what is there, unless that takes longer than two seconds. */
  @Override
  public synchronized void close() {
    OtlpExporter before = exporter;
    exporter = null;
    collector = null;
    if (before != null) {
      before.close(LAST_SPANS);
      before.await(LAST_SPANS);
    }
  }
}
