package dev.tailtap.exchange;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.PathModel;
import dev.tailtap.usage.RequestReading;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes the row of one upstream call, gathered as it passes. Wall-clock time is read once,
 * at admission; everything after it is measured. Event loop only.
 */
final class CallRecorder {
  /** Named after the package that it is about, so that one setting turns it on. */
  private static final Logger USAGE_LOG = LoggerFactory.getLogger("dev.tailtap.usage");

  private final UUID id;
  private final Instant startedAt;
  private final long startNanos;
  private final String route;
  private final String upstream;
  private final Dialect dialect;
  private final String method;
  private final String path;
  private final String normalPath; // null: it has none
  private final String tenant;

  private RequestReading request; // null: no body, or none that could be read
  private int status;
  private boolean streamed;
  private long requestBytes;
  private long responseBytes;
  private long firstByteNanos; // 0: none came
  private UpstreamFailure failure; // null: the upstream did nothing wrong that is known

  private CallRecorder(
      UUID id,
      Instant startedAt,
      long startNanos,
      AdmittedRequest admitted,
      Dialect dialect,
      String tenant) {
    this.id = id;
    this.startedAt = startedAt;
    this.startNanos = startNanos;
    this.dialect = dialect;
    this.tenant = tenant;
    route = admitted.route();
    upstream = admitted.upstream().name();
    method = admitted.request().method().name();
    path = admitted.request().path();
    normalPath = admitted.request().normalPath();
  }

  /** Of a call that begins now, by either clock. */
  static CallRecorder of(LoopResources loop, AdmittedRequest admitted, Instant now, long nowNanos) {
    ClientRequest request = admitted.request();
    Dialect dialect = request.dialect(admitted.upstream());
    String tenant = loop.tenants().of(request.credential(admitted.upstream()));
    UUID id = loop.ids().next(now.toEpochMilli());
    return new CallRecorder(id, now, nowNanos, admitted, dialect, tenant);
  }

  /** What is known before the request's first byte leaves. */
  OpenRecord open() {
    return new OpenRecord(
        id, startedAt, route, upstream, dialect.configName(), method, path, tenant);
  }

  Dialect dialect() {
    return dialect;
  }

  void requestOver(long bytes, RequestReading reading) {
    requestBytes = bytes;
    request = reading;
  }

  void responded(int httpStatus, boolean asStream) {
    status = httpStatus;
    streamed = asStream;
  }

  /**
   * The response is over.
   *
   * @param firstNanos when its first byte came; 0: none did
   */
  void responseOver(long bytes, long firstNanos) {
    responseBytes = bytes;
    firstByteNanos = firstNanos;
  }

  /** What the upstream did wrong, for the log. */
  void failedBy(UpstreamFailure why) {
    failure = why;
  }

  int status() {
    return status;
  }

  /** From the body, or else from the path. */
  private String requestModel() {
    boolean said = request != null && request.model() != null;
    return said ? request.model() : PathModel.of(normalPath);
  }

  private void log(UsageReading usage) {
    USAGE_LOG.debug(
        "usage extracted upstream={} dialect={} state={} prompt={} completion={} frames={} {}",
        upstream,
        dialect.configName(),
        usage.state().column(),
        usage.tokens().prompt(),
        usage.tokens().completion(),
        usage.frames(),
        usage.note());
  }

  /** Which rule the upstream's response broke; null: none. */
  private String rule() {
    return failure == null || failure.rule() == null ? null : failure.rule().rule();
  }

  /** Makes the row, and counts it. */
  UsageRecord end(Ending ending, UsageReading usage, Stats stats, TroubleLog log) {
    long latencyNanos = System.nanoTime() - startNanos;
    long latencyMillis = TimeUnit.NANOSECONDS.toMillis(latencyNanos);
    if (ending != Ending.COMPLETED) {
      String cause = failure == null ? null : failure.cause();
      log.ended(id, upstream, ending, status, rule(), cause, latencyMillis);
    }
    stats.add(Metric.CALLS, ending.outcome().column(), 1);
    if (ending.code() != null) {
      stats.add(Metric.CALL_ERRORS, ending.code(), 1);
    }
    stats.add(Metric.USAGE, usage.state().column(), 1);
    stats.add(Metric.FRAMES, usage.frames());
    stats.add(Metric.REQUEST_BYTES, requestBytes);
    stats.add(Metric.RESPONSE_BYTES, responseBytes);
    if (USAGE_LOG.isDebugEnabled()) {
      log(usage);
    }
    return new UsageRecord(
        open(),
        new UsageRecord.Request(requestModel(), requestBytes),
        new UsageRecord.Response(status, streamed, responseBytes, firstByteMs()),
        usage,
        new UsageRecord.End(
            startedAt.plusNanos(latencyNanos),
            latencyMillis,
            ending.outcome(),
            rule() == null ? ending.code() : ending.code() + ":" + rule()));
  }

  private Long firstByteMs() {
    return firstByteNanos == 0 ? null : TimeUnit.NANOSECONDS.toMillis(firstByteNanos - startNanos);
  }
}
