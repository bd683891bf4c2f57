package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.log.CallLog;
import dev.tailtap.log.ProcessLog;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.RowJson;
import dev.tailtap.trace.Tracing;

/**
 * What a relay says beside its rows and figures, of which it may drop some: its log, a line for
 * each call, and spans.
 */
record Telemetry(CallLog calls, Tracing tracing) implements AutoCloseable {
  /** By these settings; the process's log has those of its start. */
  static Telemetry of(RelayConfig config, Stats stats) {
    ProcessLog.onDropped(() -> stats.count(Metric.LOG_DROPPED));
    Telemetry all = new Telemetry(new CallLog(RowJson::write, stats), new Tracing(stats));
    all.calls.use(config.log());
    all.tracing.use(config);
    return all;
  }

  /** By these settings from now on. */
  void use(RelayConfig config) {
    ProcessLog.use(config.log());
    calls.use(config.log());
    tracing.use(config);
  }

  /** Lets out what is there, for three seconds at most. */
  @Override
  public void close() {
    calls.close();
    tracing.close();
  }
}
