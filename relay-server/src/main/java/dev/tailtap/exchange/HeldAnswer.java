package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.http1.BodyFraming;
import io.netty.handler.codec.http.HttpResponse;

/**
 * An answer that is not the client's yet: another target is to be tried in its place, and should no
 * better answer come, the client gets it; or its first event is awaited.
 *
 * @param why another is tried; null: it is not, so far
 * @param row that it belongs to
 * @param response holds its body
 */
record HeldAnswer(
    RetryOn why, CallRecorder row, HttpResponse head, BodyFraming framing, Response response) {
  /** How its row ends where it has come whole. */
  Ending whole() {
    return why == RetryOn.ERROR_EVENT ? Ending.ERROR_IN_STREAM : Ending.UPSTREAM_ERROR;
  }

  /** The same, in whose place another target is tried. */
  HeldAnswer because(RetryOn reason) {
    return new HeldAnswer(reason, row, head, framing, response);
  }
}
