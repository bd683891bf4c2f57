package dev.tailtap.exchange;

import dev.tailtap.limits.ErrorType;
import dev.tailtap.record.Outcome;
import dev.tailtap.upstream.UpstreamFailure;

/**
 * Every way in which a call can end, each with its outcome in the row; what reached no upstream is
 * a {@link dev.tailtap.limits.Refusal}. One with a status is answered with it as long as no
 * response head has left; after that the client's connection is cut.
 */
public enum Ending {
  COMPLETED(Outcome.COMPLETED, 0, null, null, null),
  UPSTREAM_ERROR(Outcome.UPSTREAM_ERROR, 0, null, "error_status", null),
  /** The response came whole and with status 200, but says in its stream that it failed. */
  ERROR_IN_STREAM(Outcome.UPSTREAM_ERROR, 0, null, "error_in_stream", null),

  CONNECT_REFUSED(
      Outcome.UNREACHABLE,
      502,
      ErrorType.UPSTREAM,
      "upstream_unreachable",
      "The upstream cannot be reached."),
  CONNECT_TIMEOUT(
      Outcome.UNREACHABLE,
      504,
      ErrorType.UPSTREAM,
      "upstream_connect_timeout",
      "The upstream did not accept a connection in time."),
  TLS_FAILED(
      Outcome.UNREACHABLE,
      502,
      ErrorType.UPSTREAM,
      "upstream_tls_failed",
      "No TLS connection to the upstream could be made."),
  TLS_UNTRUSTED(
      Outcome.UNREACHABLE,
      502,
      ErrorType.UPSTREAM,
      "upstream_certificate_refused",
      "The upstream's certificate is not trusted, has expired, or names another host."),
  NO_ANSWER(
      Outcome.UPSTREAM_RESET,
      502,
      ErrorType.UPSTREAM,
      "upstream_closed",
      "The upstream closed the connection without an answer."),
  HEAD_CUT(
      Outcome.UPSTREAM_RESET,
      502,
      ErrorType.UPSTREAM,
      "upstream_head_cut",
      "The upstream closed the connection within the head of its answer."),
  /** Reset, wherever it was in its response. */
  RESET(
      Outcome.UPSTREAM_RESET,
      502,
      ErrorType.UPSTREAM,
      "upstream_reset",
      "The upstream reset the connection without an answer."),
  BAD_HEAD(
      Outcome.UPSTREAM_INVALID,
      502,
      ErrorType.UPSTREAM,
      "upstream_bad_head",
      "The upstream's answer breaks HTTP/1.1."),
  TOO_MANY_INTERIMS(
      Outcome.UPSTREAM_INVALID,
      502,
      ErrorType.UPSTREAM,
      "upstream_too_many_interims",
      "The upstream sent one interim answer after the other."),
  /** After the head of its answer, of which the client has got nothing yet. */
  BROKE_OFF(
      Outcome.UPSTREAM_RESET,
      502,
      ErrorType.UPSTREAM,
      "upstream_broke_off",
      "The upstream broke off its answer before it was the client's."),
  CUT(Outcome.UPSTREAM_RESET, 0, null, "upstream_cut", null),
  BAD_FRAMING(Outcome.UPSTREAM_INVALID, 0, null, "upstream_bad_framing", null),

  HEAD_TIMEOUT(
      Outcome.TIMED_OUT,
      504,
      ErrorType.UPSTREAM,
      "upstream_head_timeout",
      "The upstream did not answer in time."),
  FIRST_EVENT_TIMEOUT(
      Outcome.TIMED_OUT,
      504,
      ErrorType.UPSTREAM,
      "upstream_first_event_timeout",
      "The upstream did not send an event in time."),
  /** An answer in whose place another upstream is tried anyhow. */
  ANSWER_STALLED(Outcome.TIMED_OUT, 0, null, "upstream_answer_stalled", null),
  IDLE_TIMEOUT(Outcome.TIMED_OUT, 0, null, "upstream_idle_timeout", null),
  TOTAL_TIMEOUT(
      Outcome.TIMED_OUT,
      504,
      ErrorType.UPSTREAM,
      "total_timeout",
      "The exchange exceeded the upstream's total-timeout."),
  REQUEST_STALLED(
      Outcome.TIMED_OUT,
      408,
      ErrorType.REQUEST,
      "request_stalled",
      "The request body did not come in time."),

  REQUEST_TOO_SLOW(
      Outcome.TIMED_OUT,
      408,
      ErrorType.REQUEST,
      "request_too_slow",
      "The request came too slowly: see limits.request-time and limits.request-rate."),

  CLIENT_GONE(Outcome.CLIENT_GONE, 0, null, "client_gone", null),
  CLIENT_STALLED(Outcome.CLIENT_GONE, 0, null, "client_stalled", null),

  BODY_GREW_TOO_LARGE(
      Outcome.REFUSED,
      413,
      ErrorType.REQUEST,
      "body_too_large",
      "The request body exceeds limits.request-body."),
  /** By one of which it went where it went. */
  TWO_MODELS(
      Outcome.REFUSED,
      400,
      ErrorType.REQUEST,
      "two_models",
      "The request names its model twice: nobody could say which of them is meant."),
  /** By one of which it went where it went, and which another reader need not find. */
  MODEL_UNREADABLE(
      Outcome.REFUSED,
      400,
      ErrorType.REQUEST,
      "model_unreadable",
      "This API key is for some models alone, and the body is not in the form of its type to its end:"
          + " nobody could say which model its reader finds."),
  BAD_REQUEST_BODY(
      Outcome.REFUSED,
      400,
      ErrorType.REQUEST,
      "bad_request_body",
      "The framing of the request body breaks HTTP/1.1."),
  /** It held most of what the relay may hold. */
  OVERLOADED(
      Outcome.REFUSED,
      503,
      ErrorType.OVERLOADED,
      "memory_cut",
      "The relay ran short of memory, and this request held most of it: try again."),
  STOPPED(
      Outcome.INTERRUPTED,
      503,
      ErrorType.OVERLOADED,
      "stopped",
      "The relay stopped: try again elsewhere.");

  private final Outcome outcome;
  private final int status;
  private final ErrorType type;
  private final String code;
  private final String message;

  Ending(Outcome outcome, int status, ErrorType type, String code, String message) {
    this.outcome = outcome;
    this.status = status;
    this.type = type;
    this.code = code;
    this.message = message;
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

  Outcome outcome() {
    return outcome;
  }

  /**
   * What the client is answered while that is possible; 0: the client is cut or has its response.
   */
  public int status() {
    return status;
  }

  /** Null where there is no status. */
  public ErrorType type() {
    return type;
  }

  /** Stable, for programs and for the column {@code error}; null if nothing went wrong. */
  public String code() {
    return code;
  }

  /** In words, for the client. */
  public String message() {
    return message;
  }

  /** Whether the client gets the proper end of its response. */
  public boolean whole() {
    return this == COMPLETED || this == UPSTREAM_ERROR || this == ERROR_IN_STREAM;
  }

  /** Whether a client that was cut so gets nothing more of what waits for it. */
  public boolean dropsWhatWaits() {
    return switch (this) {
      case CLIENT_GONE, CLIENT_STALLED, OVERLOADED, STOPPED -> true;
      default -> false;
    };
  }
}
