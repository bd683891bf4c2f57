package dev.tailtap.trace;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.record.OpenRecord;
import tools.jackson.core.JsonGenerator;

/**
 * What the relay did for a client, from admission to the end of what the client got
 * (OpenTelemetry's conventions for HTTP servers).
 *
 * @param first the first row, whether or not it became one
 * @param nanos how long it took
 * @param status that the client got; 0: none
 */
record CallSpan(
    Place place,
    OpenRecord first,
    long nanos,
    Asked asked,
    int status,
    CallEnd end,
    RelayConfig config)
    implements Span {
  /**
   * Where it stands in its trace.
   *
   * @param parent 0: it begins the trace
   */
  record Place(String traceId, long spanId, long parent, int flags) {}

  /**
   * What was asked for.
   *
   * @param path without its query
   * @param route by its name; null: none
   */
  record Asked(String method, String path, String route) {}

  @Override
  public void write(JsonGenerator out) {
    SpanJson span = new SpanJson(out);
    span.begin(place.traceId(), place.spanId(), place.parent(), place.flags(), place.parent() != 0);
    String route = path(asked.route());
    String name = route == null ? asked.method() : asked.method() + " " + route;
    span.what(name, SpanJson.SERVER, first.startedAt(), first.startedAt().plusNanos(nanos));
    span.text("http.request.method", asked.method());
    span.text("url.path", asked.path());
    span.text("http.route", route);
    span.number("http.response.status_code", status == 0 ? null : (long) status);
    span.text("tailtap.call", first.id().toString());
    span.text("tailtap.route", asked.route());
    span.text("tailtap.outcome", end.outcome());
    span.end(end.error(status));
  }

  /** Null for a route by host or model alone. */
  private String path(String name) {
    for (RouteConfig route : config.routes()) {
      if (route.name().equals(name)) {
        return route.path();
      }
    }
    return null;
  }
}
