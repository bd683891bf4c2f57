package dev.tailtap.exchange;

import dev.tailtap.http1.RequestFault;
import dev.tailtap.record.Outcome;
import dev.tailtap.upstream.UpstreamFailure;

/**
 * Every way in which a request can end: the catalogue of failures. One without outcome reached no
 * upstream: it is counted and is no row. One with a status is answered with it as long as no
 * response head has left; after that the client's connection is cut.
 */
enum Ending {
  BAD_REQUEST(null, 400, Type.REQUEST, "bad_request", "The request breaks HTTP/1.1."),
  METHOD_NOT_SERVED(
      null, 501, Type.REQUEST, "method_not_served", "The relay does not serve this method."),
  UNKNOWN_VERSION(
      null, 505, Type.REQUEST, "unknown_version", "The relay speaks HTTP/1.1 and HTTP/1.0."),
  LOOP(null, 508, Type.REQUEST, "loop", "The request has been here before: it goes in a circle."),
  /** Not a mistake: {@code OPTIONS} about the relay itself. */
  OWN_OPTIONS(null, 200, Type.REQUEST, "own_options", "The relay answers for itself."),
  NO_ROUTE(null, 404, Type.REQUEST, "no_route", "No route leads from this path to an upstream."),
  BODY_TOO_LARGE(
      null, 413, Type.REQUEST, "body_too_large", "The request body exceeds limits.request-body."),
  TARGET_TOO_LONG(
      null, 414, Type.REQUEST, "target_too_long", "The request line exceeds limits.request-head."),
  HEAD_TOO_LARGE(
      null, 431, Type.REQUEST, "head_too_large", "The header fields exceed limits.request-head."),
  TOO_MANY_FIELDS(
      null,
      431,
      Type.REQUEST,
      "too_many_fields",
      "There are more header fields than limits.request-fields."),
  BAD_EXPECTATION(
      null, 417, Type.REQUEST, "bad_expectation", "The only expectation met is 100-continue."),
  HEAD_STALLED(null, 408, Type.REQUEST, "head_timeout", "The request head did not come in time."),
  TOO_MANY_STREAMS(
      null, 503, Type.OVERLOADED, "too_many_streams", "limits.streams is reached: try again."),
  TOO_MANY_AT_THE_UPSTREAM(
      null,
      503,
      Type.OVERLOADED,
      "too_many_streams_upstream",
      "The upstream's limit of streams is reached: try again."),
  TOO_MANY_OF_THE_CLIENT(
      null,
      429,
      Type.RATE,
      "too_many_streams_address",
      "limits.streams-per-address is reached: try again when others have ended."),
  NO_ROOM_FOR_RECORDS(
      null,
      503,
      Type.OVERLOADED,
      "records_full",
      "No room is left for usage records while the database is away: try again."),
  MEMORY_SHORT(
      null,
      503,
      Type.OVERLOADED,
      "memory_short",
      "The relay holds as much for others as limits.memory lets it: try again."),
  DRAINING(null, 503, Type.OVERLOADED, "draining", "The relay is stopping: try again elsewhere."),

  COMPLETED(Outcome.COMPLETED, 0, null, null, null),
  UPSTREAM_ERROR(Outcome.UPSTREAM_ERROR, 0, null, "error_status", null),
  /** The answer came whole and with status 200, but says in its stream that it failed. */
  ERROR_IN_STREAM(Outcome.UPSTREAM_ERROR, 0, null, "error_in_stream", null),

  CONNECT_REFUSED(
      Outcome.UNREACHABLE,
      502,
      Type.UPSTREAM,
      "upstream_unreachable",
      "The upstream cannot be reached."),
  CONNECT_TIMEOUT(
      Outcome.UNREACHABLE,
      504,
      Type.UPSTREAM,
      "upstream_connect_timeout",
      "The upstream did not accept a connection in time."),
  TLS_FAILED(
      Outcome.UNREACHABLE,
      502,
      Type.UPSTREAM,
      "upstream_tls_failed",
      "No TLS connection to the upstream could be made."),
  TLS_UNTRUSTED(
      Outcome.UNREACHABLE,
      502,
      Type.UPSTREAM,
      "upstream_certificate_refused",
      "The upstream's certificate is not trusted, has expired, or names another host."),
  NO_ANSWER(
      Outcome.UPSTREAM_RESET,
      502,
      Type.UPSTREAM,
      "upstream_closed",
      "The upstream closed the connection without an answer."),
  HEAD_CUT(
      Outcome.UPSTREAM_RESET,
      502,
      Type.UPSTREAM,
      "upstream_head_cut",
      "The upstream closed the connection within the head of its answer."),
  /** Reset, wherever it was in its answer. */
  RESET(
      Outcome.UPSTREAM_RESET,
      502,
      Type.UPSTREAM,
      "upstream_reset",
      "The upstream reset the connection without an answer."),
  BAD_HEAD(
      Outcome.UPSTREAM_INVALID,
      502,
      Type.UPSTREAM,
      "upstream_bad_head",
      "The upstream's answer breaks HTTP/1.1."),
  TOO_MANY_INTERIMS(
      Outcome.UPSTREAM_INVALID,
      502,
      Type.UPSTREAM,
      "upstream_too_many_interims",
      "The upstream sent one interim answer after the other."),
  CUT(Outcome.UPSTREAM_RESET, 0, null, "upstream_cut", null),
  BAD_FRAMING(Outcome.UPSTREAM_INVALID, 0, null, "upstream_bad_framing", null),

  HEAD_TIMEOUT(
      Outcome.TIMED_OUT,
      504,
      Type.UPSTREAM,
      "upstream_head_timeout",
      "The upstream did not answer in time."),
  IDLE_TIMEOUT(Outcome.TIMED_OUT, 0, null, "upstream_idle_timeout", null),
  TOTAL_TIMEOUT(
      Outcome.TIMED_OUT,
      504,
      Type.UPSTREAM,
      "total_timeout",
      "The exchange exceeded the upstream's total-timeout."),
  REQUEST_STALLED(
      Outcome.TIMED_OUT,
      408,
      Type.REQUEST,
      "request_stalled",
      "The request body did not come in time."),

  REQUEST_TOO_SLOW(
      Outcome.TIMED_OUT,
      408,
      Type.REQUEST,
      "request_too_slow",
      "The request came too slowly: see limits.request-time and limits.request-rate."),

  CLIENT_GONE(Outcome.CLIENT_GONE, 0, null, "client_gone", null),
  CLIENT_STALLED(Outcome.CLIENT_GONE, 0, null, "client_stalled", null),

  BODY_GREW_TOO_LARGE(
      Outcome.REFUSED,
      413,
      Type.REQUEST,
      "body_too_large",
      "The request body exceeds limits.request-body."),
  BAD_REQUEST_BODY(
      Outcome.REFUSED,
      400,
      Type.REQUEST,
      "bad_request_body",
      "The framing of the request body breaks HTTP/1.1."),
  /** It held most of what the relay may hold. */
  OVERLOADED(
      Outcome.REFUSED,
      503,
      Type.OVERLOADED,
      "memory_cut",
      "The relay ran short of memory, and this request held most of it: try again."),
  STOPPED(
      Outcome.INTERRUPTED,
      503,
      Type.OVERLOADED,
      "stopped",
      "The relay stopped: try again elsewhere.");

  private final Outcome outcome;
  private final int status;
  private final String type;
  private final String code;
  private final String message;

  Ending(Outcome outcome, int status, String type, String code, String message) {
    this.outcome = outcome;
    this.status = status;
    this.type = type;
    this.code = code;
    this.message = message;
  }

  static Ending of(RequestFault fault) {
    return switch (fault) {
      case METHOD -> METHOD_NOT_SERVED;
      case UNKNOWN_VERSION -> UNKNOWN_VERSION;
      case LINE_TOO_LONG -> TARGET_TOO_LONG;
      case FIELDS_TOO_LARGE -> HEAD_TOO_LARGE;
      case TOO_MANY_FIELDS -> TOO_MANY_FIELDS;
      case EMPTY_LINES,
          REQUEST_LINE,
          VERSION,
          LINE_END,
          TARGET_BYTE,
          TARGET_FORM,
          DOT_SEGMENT,
          ESCAPE,
          FIELD_NAME,
          FIELD_VALUE,
          FOLDED,
          HOST,
          OTHER_HOST,
          CODING,
          LENGTH,
          LOOKALIKE,
          CONNECTION,
          MAX_FORWARDS,
          CHUNK,
          UNDECODABLE ->
          BAD_REQUEST;
    };
  }

  static Ending of(UpstreamFailure failure) {
    return switch (failure.kind()) {
      case CONNECT_REFUSED -> CONNECT_REFUSED;
      case CONNECT_TIMEOUT -> CONNECT_TIMEOUT;
      case TLS_HANDSHAKE -> TLS_FAILED;
      case TLS_UNTRUSTED -> TLS_UNTRUSTED;
      case NO_BYTE -> NO_ANSWER;
      case HEAD_CUT -> HEAD_CUT;
      case BAD_HEAD -> BAD_HEAD;
      case NO_BYTE_RESET, HEAD_RESET, BODY_RESET -> RESET;
      case BODY_CUT -> CUT;
      case BAD_FRAMING -> BAD_FRAMING;
    };
  }

  /** Null if no upstream was called. */
  Outcome outcome() {
    return outcome;
  }

  /** What the client is answered while that is possible; 0: the client is cut or has its answer. */
  int status() {
    return status;
  }

  String type() {
    return type;
  }

  /** Stable, for programs and for the column {@code error}; null if nothing went wrong. */
  String code() {
    return code;
  }

  String message() {
    return message;
  }

  /** Whether the client gets the proper end of its response. */
  boolean whole() {
    return this == COMPLETED || this == UPSTREAM_ERROR || this == ERROR_IN_STREAM;
  }

  /** Whether a client that was cut so gets nothing more of what waits for it. */
  boolean dropsWhatWaits() {
    return switch (this) {
      case CLIENT_GONE, CLIENT_STALLED, OVERLOADED, STOPPED -> true;
      default -> false;
    };
  }

  /** The {@code type} in the error shape: whose fault it is. */
  private static final class Type {
    static final String REQUEST = "invalid_request_error";
    static final String UPSTREAM = "upstream_error";
    static final String RATE = "rate_limit_error";
    static final String OVERLOADED = "overloaded_error";
  }
}
