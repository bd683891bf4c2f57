package dev.tailtap.limits;

/**
 * Every way in which a request is refused before any upstream hears of it: it is counted, and is no
 * row. Each has the status, type, code and text of its answer.
 */
public enum Refusal {
  BAD_REQUEST(400, ErrorType.REQUEST, "bad_request", "The request breaks HTTP/1.1."),
  METHOD_NOT_SERVED(
      501, ErrorType.REQUEST, "method_not_served", "The relay does not serve this method."),
  UNKNOWN_VERSION(
      505, ErrorType.REQUEST, "unknown_version", "The relay speaks HTTP/1.1 and HTTP/1.0."),
  LOOP(508, ErrorType.REQUEST, "loop", "The request has been here before: it goes in a circle."),
  /** Not a mistake: {@code OPTIONS} about the relay itself. */
  OWN_OPTIONS(200, ErrorType.REQUEST, "own_options", "The relay answers for itself."),
  /** Who is told no more than that: whether a key was ever good is nobody's business. */
  INVALID_API_KEY(
      401,
      ErrorType.REQUEST,
      "invalid_api_key",
      "One API key of this relay has to be shown, and it has to be good: none was, or it is not (any"
          + " more), or two were."),
  KEYS_NOT_LOADED(
      503,
      ErrorType.OVERLOADED,
      "keys_not_loaded",
      "The relay could not read its API keys yet: try again."),
  ROUTE_NOT_ALLOWED(
      403, ErrorType.REQUEST, "route_not_allowed", "This API key may not be used for this path."),
  MODEL_NOT_ALLOWED(
      403, ErrorType.REQUEST, "model_not_allowed", "This API key may not be used for this model."),
  MODEL_UNREADABLE(
      400,
      ErrorType.REQUEST,
      "model_unreadable",
      "This API key is for some models alone, and the request names none that can be read for sure:"
          + " in a body that is JSON or a form to its end, as its type says, and near its"
          + " beginning."),
  /** A mistake of the operator, which the log and the check name. */
  NO_CREDENTIAL(
      502,
      ErrorType.UPSTREAM,
      "upstream_without_credential",
      "The upstream has no credential of its own, and an API key of this relay is none for it:"
          + " upstream.NAME.key.LABEL gives it one, upstream.NAME.auth=none says that it needs"
          + " none."),
  NO_ROUTE(404, ErrorType.REQUEST, "no_route", "No route leads from this path to an upstream."),
  /** Clients then go on with what is served: events over HTTP. */
  WEBSOCKET(
      426,
      ErrorType.REQUEST,
      "websocket",
      "The relay speaks no WebSocket: use HTTP with server-sent events."),
  BODY_TOO_LARGE(
      413, ErrorType.REQUEST, "body_too_large", "The request body exceeds limits.request-body."),
  TARGET_TOO_LONG(
      414, ErrorType.REQUEST, "target_too_long", "The request line exceeds limits.request-head."),
  HEAD_TOO_LARGE(
      431, ErrorType.REQUEST, "head_too_large", "The header fields exceed limits.request-head."),
  TOO_MANY_FIELDS(
      431,
      ErrorType.REQUEST,
      "too_many_fields",
      "There are more header fields than limits.request-fields."),
  BAD_EXPECTATION(
      417, ErrorType.REQUEST, "bad_expectation", "The only expectation met is 100-continue."),
  HEAD_STALLED(408, ErrorType.REQUEST, "head_timeout", "The request head did not come in time."),
  TOO_MANY_STREAMS(
      503, ErrorType.OVERLOADED, "too_many_streams", "limits.streams is reached: try again."),
  TOO_MANY_AT_THE_UPSTREAM(
      503,
      ErrorType.OVERLOADED,
      "too_many_streams_upstream",
      "The upstream's limit of streams is reached: try again."),
  /** Of all that its route has. */
  ALL_PARKED(
      429,
      ErrorType.RATE,
      "upstreams_parked",
      "Every upstream of this route waits until its provider takes requests again: try again then."),
  TWO_MODELS(
      400,
      ErrorType.REQUEST,
      "two_models",
      "The request names its model twice: nobody could say which of them is meant."),
  MODEL_SEALED(
      400,
      ErrorType.REQUEST,
      "model_sealed",
      "The model has another name upstream, which cannot be put into this body: it is encoded,"
          + " signed, no plain JSON, or larger than limits.held-body."),
  TOO_MANY_OF_THE_CLIENT(
      429,
      ErrorType.RATE,
      "too_many_streams_address",
      "limits.streams-per-address is reached: try again when others have ended."),
  REQUESTS_LIMIT(
      429,
      ErrorType.RATE,
      "requests_limit",
      "The requests of a limit are used up: try again later."),
  TOKENS_LIMIT(
      429, ErrorType.RATE, "tokens_limit", "The tokens of a limit are used up: try again later."),
  STREAMS_LIMIT(
      429,
      ErrorType.RATE,
      "streams_limit",
      "As many calls are under way as a limit lets be: try again when others have ended."),
  BUDGET(429, ErrorType.RATE, "budget", "The budget of this period is spent."),
  BUDGET_UNKNOWN(
      503,
      ErrorType.OVERLOADED,
      "budget_unknown",
      "What was spent of the budget cannot be found out: try again later."),
  LIMITS_AWAY(
      503,
      ErrorType.OVERLOADED,
      "limits_away",
      "What is left of a limit that relays share cannot be found out: try again later."),
  LIMIT_UNKNOWN(
      403,
      ErrorType.REQUEST,
      "limit_unknown",
      "The key is under a limit that this relay does not have."),
  NO_ROOM_FOR_RECORDS(
      503,
      ErrorType.OVERLOADED,
      "records_full",
      "No room is left for usage records: try again later."),
  MEMORY_SHORT(
      503,
      ErrorType.OVERLOADED,
      "memory_short",
      "The relay holds as much for others as limits.memory lets it: try again."),
  DRAINING(503, ErrorType.OVERLOADED, "draining", "The relay is stopping: try again elsewhere.");

  private final int status;
  private final ErrorType type;
  private final String code;
  private final String message;

  Refusal(int status, ErrorType type, String code, String message) {
    this.status = status;
    this.type = type;
    this.code = code;
    this.message = message;
  }

  public int status() {
    return status;
  }

  public ErrorType type() {
    return type;
  }

  /** Stable, for programs and for the metric. */
  public String code() {
    return code;
  }

  public String message() {
    return message;
  }
}
