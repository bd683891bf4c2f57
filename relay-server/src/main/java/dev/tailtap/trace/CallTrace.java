package dev.tailtap.trace;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * The part that a call has in a trace: a span of its own, and one below it for each try that became
 * a row. Spans are handed over when they have ended. One event loop.
 */
public final class CallTrace {
  private final Consumer<Span> ended;
  private final RelayConfig config;
  private final OpenRecord first;
  private final String method;
  private final String path;
  private final String traceId;
  private final long parent; // 0: it begins the trace
  private final int flags;
  private final long startNanos = System.nanoTime();

  /**
   * Begins with a call.
   *
   * @param ended told of each span that has ended; must not block
   * @param from what its client says; null: nothing valid
   * @param first its first row, whether or not it becomes one
   */
  CallTrace(
      Consumer<Span> ended,
      RelayConfig config,
      TraceParent from,
      OpenRecord first,
      String method,
      String path) {
    this.ended = ended;
    this.config = config;
    this.first = first;
    this.method = method;
    this.path = path;
    traceId = from == null ? newTraceId() : from.traceId();
    parent = from == null ? 0 : from.spanId();
    flags = from == null ? TraceParent.SAMPLED : from.flags();
  }

  /** The trace, 32 digits of hex. */
  public String id() {
    return traceId;
  }

  /** Whether it begins here, so that what the client says of its state means nothing. */
  public boolean begins() {
    return parent == 0;
  }

  /** The field {@code traceparent} of the try that becomes this row. */
  public String field(UUID row) {
    return TraceParent.field(traceId, SpanId.ofTry(row), flags);
  }

  /** A try has ended as this row. */
  public void over(UsageRecord row) {
    if (sampled()) {
      ended.accept(new TrySpan(row, config, flags));
    }
  }

  /**
   * The call has ended.
   *
   * @param route by its name; null: it found none
   * @param status that its client got; 0: none
   */
  public void over(String route, int status, CallEnd end) {
    if (sampled()) {
      long nanos = System.nanoTime() - startNanos;
      CallSpan.Place place =
          new CallSpan.Place(traceId, SpanId.ofCall(first.id()), parent, flags & 0xff);
      CallSpan.Asked asked = new CallSpan.Asked(method, path, route);
      ended.accept(new CallSpan(place, first, nanos, asked, status, end, config));
    }
  }

  /** A random one: it tells traces apart, and keeps no secret. */
  private static String newTraceId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    long low = random.nextLong();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(low == 0 ? 1 : low);
  }

  private boolean sampled() {
    return (flags & TraceParent.SAMPLED) != 0;
  }
}
