package dev.tailtap.exchange;

import dev.tailtap.http1.Target;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Try;
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

  private final OpenRecord open; // what is known before the request's first byte leaves
  private final long startNanos;
  private final Dialect dialect;

  private UsageRecord.Request request; // null until it is over
  private int status;
  private boolean streamed;
  private UsageRecord.Response response = UsageRecord.Response.NONE;
  private UpstreamFailure failure; // null: the upstream did nothing wrong that is known

  private CallRecorder(OpenRecord open, long startNanos, Dialect dialect) {
    this.open = open;
    this.startNanos = startNanos;
    this.dialect = dialect;
  }

  /** Of a call that begins now, by either clock. */
  static CallRecorder of(LoopResources loop, AdmittedRequest admitted, Instant now, long nowNanos) {
    ClientRequest request = admitted.request();
    Dialect dialect = request.dialect(admitted.upstream());
    String tenant = loop.tenants().of(request.credential(admitted.upstream()));
    UUID id = loop.ids().next(now.toEpochMilli());
    OpenRecord open =
        new OpenRecord(
            id,
            now,
            admitted.route(),
            admitted.upstream().name(),
            dialect.configName(),
            request.method().name(),
            request.path(),
            tenant,
            Try.of(id));
    return new CallRecorder(open, nowNanos, dialect);
  }

  /** What is known before the request's first byte leaves. */
  OpenRecord open() {
    return open;
  }

  Dialect dialect() {
    return dialect;
  }

  /**
   * The request is over.
   *
   * @param reading null: no body, or none that could be read
   */
  void requestOver(long bytes, RequestReading reading) {
    request = new UsageRecord.Request(requestModel(reading), bytes);
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
    Long firstByteMs =
        firstNanos == 0 ? null : TimeUnit.NANOSECONDS.toMillis(firstNanos - startNanos);
    response = new UsageRecord.Response(status, streamed, bytes, firstByteMs, status != 0);
  }

  /** What the upstream did wrong, for the log. */
  void failedBy(UpstreamFailure why) {
    failure = why;
  }

  int status() {
    return status;
  }

  /** From the body, else from the path. */
  private String requestModel(RequestReading reading) {
    boolean said = reading != null && reading.model() != null;
    return said ? reading.model() : PathModel.of(Target.normalPath(open.path()));
  }

  private void log(UsageReading usage) {
    USAGE_LOG.debug(
        "usage extracted upstream={} dialect={} state={} prompt={} completion={} frames={} {}",
        open.upstream(),
        open.dialect(),
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
      log.ended(open.id(), open.upstream(), ending, status, rule(), cause, latencyMillis);
    }
    stats.add(Metric.CALLS, ending.outcome().column(), 1);
    if (ending.code() != null) {
      stats.add(Metric.CALL_ERRORS, ending.code(), 1);
    }
    stats.add(Metric.USAGE, usage.state().column(), 1);
    stats.add(Metric.FRAMES, usage.frames());
    stats.add(Metric.REQUEST_BYTES, request.bytes());
    stats.add(Metric.RESPONSE_BYTES, response.bytes());
    if (USAGE_LOG.isDebugEnabled()) {
      log(usage);
    }
    return new UsageRecord(
        open,
        request,
        response,
        usage,
        new UsageRecord.End(
            open.startedAt().plusNanos(latencyNanos),
            latencyMillis,
            ending.outcome(),
            rule() == null ? ending.code() : ending.code() + ":" + rule()));
  }
}
