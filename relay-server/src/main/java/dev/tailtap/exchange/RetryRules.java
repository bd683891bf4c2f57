package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.upstream.UpstreamFailure;

/**
 * What a failed try is called in {@code route.NAME.retry-on}, and whether the provider may have
 * begun to work on it, and bill it. Pure.
 */
final class RetryRules {
  private RetryRules() {}

  /**
   * The word for a failure.
   *
   * @param sent whether any byte of the request was
   */
  static RetryOn of(UpstreamFailure failure, boolean sent) {
    return switch (failure.kind()) {
      case CONNECT_REFUSED, CONNECT_TIMEOUT, TLS_HANDSHAKE, TLS_UNTRUSTED -> RetryOn.UNSENT;
      case NO_BYTE, NO_BYTE_RESET -> sent ? RetryOn.RESET : RetryOn.UNSENT;
      case HEAD_CUT, HEAD_RESET, BAD_HEAD, BODY_CUT, BODY_RESET, BAD_FRAMING -> RetryOn.RESET;
    };
  }

  /** The word for an ending that the relay itself brought about; null: it is the last word. */
  static RetryOn of(Ending ending) {
    return switch (ending) {
      case HEAD_TIMEOUT -> RetryOn.HEAD_TIMEOUT;
      case FIRST_EVENT_TIMEOUT -> RetryOn.FIRST_EVENT;
      case CONNECT_TIMEOUT -> RetryOn.UNSENT;
      case TOO_MANY_INTERIMS -> RetryOn.RESET;
      default -> null;
    };
  }

  /** Whether a route lets such a failure be tried elsewhere, so long after the try began. */
  static boolean allows(RouteConfig route, RetryOn failure, long nanos) {
    boolean soon = !mayBeBilled(failure) || nanos <= route.retryWithin().toNanos();
    return soon && route.retryOn().contains(failure);
  }

  /** Whether the provider may have begun to work. */
  private static boolean mayBeBilled(RetryOn failure) {
    return switch (failure) {
      case REQUEST_TIMEOUT,
          SERVER_ERROR,
          BAD_GATEWAY,
          GATEWAY_TIMEOUT,
          HEAD_TIMEOUT,
          RESET,
          FIRST_EVENT ->
          true;
      case UNSENT,
          ERROR_EVENT,
          TOO_MANY_REQUESTS,
          UNAVAILABLE,
          OVERLOADED,
          UNAUTHORIZED,
          FORBIDDEN,
          PAYMENT_REQUIRED,
          NOT_FOUND ->
          false;
    };
  }
}
