package dev.tailtap.exchange;

import dev.tailtap.record.Caller;
import dev.tailtap.record.Identity;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.route.Route;
import dev.tailtap.route.Target;
import dev.tailtap.stats.Label;
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
 * What becomes the row of one try of a call, gathered as it passes. Wall-clock time is read once,
 * at its beginning; everything after it is measured. Event loop only.
 */
final class CallRecorder {
  /** Named after the package that it is about, so that one setting turns it on. */
  private static final Logger USAGE_LOG = LoggerFactory.getLogger("dev.tailtap.usage");

  private final long startNanos = System.nanoTime();
  private OpenRecord open; // what is known before the request's first byte leaves
  private Dialect dialect; // null until its route is known

  private UsageRecord.Request request; // null until it is over
  private int status;
  private boolean streamed;
  private boolean delivered;
  private String providerRequestId; // null: it has not answered, or names none
  private UsageRecord.Response response; // null until it is over
  private UpstreamFailure failure; // null: the upstream did nothing wrong that is known
  private boolean sent;
  private long overNanos; // 0: when its row is made

  private CallRecorder(OpenRecord open, Dialect dialect) {
    this.open = open;
    this.dialect = dialect;
  }

  /** What the rows of all tries of a call have in common. */
  record Subject(
      String route,
      Dialect dialect,
      String method,
      String path,
      Identity identity,
      Caller caller,
      String relay) {
    /**
     * Of a request along its route.
     *
     * @param relay the name of this relay
     */
    static Subject of(
        ClientRequest request, Route route, Identity identity, Caller caller, String relay) {
      return new Subject(
          route.name(),
          request.dialect(route.target(0).upstream()),
          request.method().name(),
          request.path(),
          identity,
          caller,
          relay);
    }
  }

  /** Of the first try of a call, which is admitted now. */
  static CallRecorder first(UuidV7 ids) {
    Instant now = Instant.now();
    UUID id = ids.next(now.toEpochMilli());
    return new CallRecorder(
        new OpenRecord(id, now, null, null, null, null, null, null, Try.of(id)), null);
  }

  /** It is a part of this trace. */
  void inTrace(String traceId) {
    open = open.inTrace(traceId);
  }

  /** Its route is known. */
  void about(Subject what) {
    dialect = what.dialect();
    open =
        new OpenRecord(
            open.id(),
            open.startedAt(),
            what.route(),
            null,
            dialect.configName(),
            what.method(),
            what.path(),
            what.identity().tenant(),
            open.attempt(),
            what.caller(),
            what.relay(),
            open.traceId(),
            what.identity().virtualKey());
  }

  /** Of one more try of the same call, which begins now. */
  CallRecorder next(UuidV7 ids) {
    Instant now = Instant.now();
    Try before = open.attempt();
    Try attempt = new Try(before.number() + 1, before.call(), null, null);
    UUID id = ids.next(now.toEpochMilli());
    return new CallRecorder(to(id, now, open.upstream(), attempt), dialect);
  }

  /**
   * It goes to this target, and to no other any more that nothing was sent to.
   *
   * @param model that is asked for there; null: what the client said
   * @return whether that is news
   */
  boolean aim(Target at, String model) {
    Try before = open.attempt();
    Try attempt = new Try(before.number(), before.call(), at.key().label(), model);
    String upstream = at.upstream().name();
    boolean news = !upstream.equals(open.upstream()) || !attempt.equals(before);
    if (news) {
      open = to(open.id(), open.startedAt(), upstream, attempt);
    }
    return news;
  }

  private OpenRecord to(UUID id, Instant at, String upstream, Try attempt) {
    return new OpenRecord(
        id,
        at,
        open.route(),
        upstream,
        open.dialect(),
        open.method(),
        open.path(),
        open.tenant(),
        attempt,
        open.caller(),
        open.relay(),
        open.traceId(),
        open.virtualKey());
  }

  /** What is known before the request's first byte leaves. */
  OpenRecord open() {
    return open;
  }

  UUID id() {
    return open.id();
  }

  /** The name of the upstream that it goes to. */
  String upstream() {
    return open.upstream();
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
    request = new UsageRecord.Request(requestModel(reading), bytes, stored(reading));
  }

  void responded(int httpStatus, boolean asStream, String requestId) {
    status = httpStatus;
    streamed = asStream;
    providerRequestId = requestId;
  }

  /** Its first byte leaves. */
  void sent() {
    sent = true;
  }

  /** Whether a byte of it has left. */
  boolean isSent() {
    return sent;
  }

  /** The client gets this answer. */
  void delivered() {
    delivered = true;
  }

  /**
   * The response is over.
   *
   * @param firstNanos when its first byte came; 0: none did
   * @param eventNanos likewise its first event with data
   */
  void responseOver(long bytes, long firstNanos, long eventNanos) {
    response =
        new UsageRecord.Response(
            status,
            streamed,
            bytes,
            millis(firstNanos),
            millis(eventNanos),
            delivered,
            providerRequestId);
  }

  private Long millis(long nanos) {
    return nanos == 0 ? null : TimeUnit.NANOSECONDS.toMillis(nanos - startNanos);
  }

  /**
   * Whether the provider keeps the answer for whoever asks for it: OpenAI's responses and runs,
   * Google's interactions, what has no dialect, such as Replicate's predictions; of chats those
   * that are to be stored.
   */
  private boolean stored(RequestReading reading) {
    boolean kept =
        dialect == Dialect.OPENAI_RESPONSES
            || dialect == Dialect.OPENAI_ASSISTANTS
            || dialect == Dialect.GEMINI_INTERACTIONS
            || dialect == Dialect.UNKNOWN;
    boolean wanted = reading != null && Boolean.TRUE.equals(reading.store());
    return kept || wanted;
  }

  /** Nothing more of it comes, although its row waits. */
  void over() {
    overNanos = System.nanoTime();
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
    return said ? reading.model() : PathModel.of(dev.tailtap.http1.Target.normalPath(open.path()));
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

  private static void count(Tokens tokens, Stats stats) {
    count(Label.TOKENS_INPUT, tokens.prompt(), stats);
    count(Label.TOKENS_CACHED, tokens.cached(), stats);
    count(Label.TOKENS_CACHE_WRITE, tokens.cacheWrite(), stats);
    count(Label.TOKENS_OUTPUT, tokens.completion(), stats);
    count(Label.TOKENS_REASONING, tokens.reasoning(), stats);
  }

  /** What is absurd, such as a number below zero, is the row's alone. */
  private static void count(Label kind, Long tokens, Stats stats) {
    if (tokens != null && tokens > 0) {
      stats.add(kind, tokens);
    }
  }

  /** Makes the row, and counts it. */
  UsageRecord end(Ending ending, UsageReading usage, Stats stats, TroubleLog log) {
    long latencyNanos = (overNanos == 0 ? System.nanoTime() : overNanos) - startNanos;
    long latencyMillis = TimeUnit.NANOSECONDS.toMillis(latencyNanos);
    if (ending != Ending.COMPLETED) {
      String cause = failure == null ? null : failure.cause();
      log.ended(open.id(), open.upstream(), ending, status, rule(), cause, latencyMillis);
    }
    if (response == null) {
      responseOver(0, 0, 0);
    }
    stats.add(Metric.CALLS, ending.outcome().column(), 1);
    if (ending.code() != null) {
      stats.add(Metric.CALL_ERRORS, ending.code(), 1);
    }
    stats.add(Metric.USAGE, usage.state().column(), 1);
    count(usage.tokens(), stats);
    stats.add(Metric.FRAMES, usage.frames());
    stats.add(Metric.REQUEST_BYTES, request.bytes());
    stats.add(Metric.RESPONSE_BYTES, response.bytes());
    if (USAGE_LOG.isDebugEnabled()) {
      log(usage);
    }
    UsageRecord row =
        new UsageRecord(
            open,
            request,
            response,
            usage,
            new UsageRecord.End(
                open.startedAt().plusNanos(latencyNanos),
                latencyMillis,
                ending.outcome(),
                rule() == null ? ending.code() : ending.code() + ":" + rule()));
    stats.count(CallFigures.of(row, dialect));
    return row;
  }
}
