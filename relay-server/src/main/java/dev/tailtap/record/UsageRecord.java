package dev.tailtap.record;

import java.time.Instant;
import java.util.UUID;

/**
 * One finished upstream call, of which the store makes one row of {@code usage_record}. Made once,
 * on the event loop of the exchange, and never changed. Null is unknown.
 *
 * @param call as it was opened
 */
public record UsageRecord(
    OpenRecord call, Request request, Response response, UsageReading usage, End end) {

  /**
   * What the client asked, as far as it was read.
   *
   * @param model in the client's words
   * @param bytes of the body as the client sent it
   * @param stored whether the provider keeps its answer for whoever asks again: a usage that two
   *     rows report may be the same one
   */
  public record Request(String model, long bytes, boolean stored) {
    public static final Request UNREAD = new Request(null, 0);

    /** Of one whose answer is given once. */
    public Request(String model, long bytes) {
      this(model, bytes, false);
    }
  }

  /**
   * What the upstream answered.
   *
   * @param status 0: nothing
   * @param bytes of the body as the upstream sent it, framing included
   * @param firstByteMs from the beginning of the try, of the first its admission, to the first byte
   *     of the body
   * @param firstEventMs likewise to the first event with data, or the first byte of what is no
   *     stream of events
   * @param delivered whether this is the answer that the client got, be it only the head of it
   * @param providerRequestId by which the provider knows it
   */
  public record Response(
      int status,
      boolean streamed,
      long bytes,
      Long firstByteMs,
      Long firstEventMs,
      Boolean delivered,
      String providerRequestId) {
    public static final Response NONE = new Response(0, false, 0, null, null);

    /** Of one without events, or a name. */
    public Response(int status, boolean streamed, long bytes, Long firstByteMs, Boolean delivered) {
      this(status, streamed, bytes, firstByteMs, null, delivered, null);
    }
  }

  /**
   * How the call ended.
   *
   * @param at null: nobody saw it end, and no size or time of it is known either
   * @param latencyMs from the beginning of the try to its end
   * @param error a short reason in the relay's own words, never a provider's or client's text
   */
  public record End(Instant at, long latencyMs, Outcome outcome, String error) {}

  /** The row of a call that has no end: its beginning is all that is known. */
  public static UsageRecord interrupted(OpenRecord call, String error) {
    End unseen = new End(null, 0, Outcome.INTERRUPTED, error);
    return new UsageRecord(call, Request.UNREAD, Response.NONE, UsageReading.NONE, unseen);
  }

  public UUID id() {
    return call.id();
  }

  public Instant startedAt() {
    return call.startedAt();
  }

  /**
   * What its usage is known by, where it may be that of another row of the same upstream: the
   * provider's id of the response, else the path that it was asked for by. Null: it is its own, or
   * nothing was used yet that could be counted.
   */
  public String countedAs() {
    boolean retrieves = retrieves();
    if (!(retrieves || request.stored()) || !usage.isAboveZero()) {
      return null;
    }
    boolean byPath = usage.responseId() == null || asksForTask();
    return retrieves && byPath ? call.path() : usage.responseId();
  }

  /**
   * Whether it asked for a response that there was already: by GET, or by its id as a whole segment
   * of the path. Another POST has made a response of its own, whatever a careless provider calls
   * it.
   */
  public boolean retrieves() {
    return isNamed() || !"POST".equals(call.method());
  }

  /** Whether the id of the response is a whole segment of the path. */
  private boolean isNamed() {
    String id = usage.responseId();
    String path = call.path() + '/';
    return id != null && (path.contains('/' + id + '/') || path.contains('/' + id + ':'));
  }

  /** DashScope, "Manage asynchronous tasks": the id in an answer is that of the asking. */
  private boolean asksForTask() {
    return !isNamed() && call.path() != null && call.path().contains("/api/v1/tasks/");
  }

  /** Whether the relay saw the end of it. */
  public boolean isEnded() {
    return end.at() != null;
  }

  /** A copy of this record whose usage another row has. */
  public UsageRecord repeated() {
    return new UsageRecord(call, request, response, usage.repeated(), end);
  }

  /** A copy of this record under another id. */
  public UsageRecord withId(UUID id) {
    return new UsageRecord(call.withId(id), request, response, usage, end);
  }
}
