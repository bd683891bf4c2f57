package dev.tailtap.exchange;

import dev.tailtap.route.Selection;
import dev.tailtap.upstream.RateLimitReset;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.concurrent.TimeUnit;

/** What an answer says of the target that gave it. */
final class Verdict {
  /** A key that is not accepted is no sooner. */
  private static final long REFUSED_NANOS = TimeUnit.MINUTES.toNanos(5);

  private Verdict() {}

  /**
   * Tells the selection of the current target's answer.
   *
   * @param body what has come of it; null: none
   * @param asked whether it had the whole request
   */
  static void tell(Selection selection, HttpResponse head, ByteBuf body, boolean asked) {
    int status = head.status().code();
    switch (status) {
      case 429 -> selection.parked(nanos(head.headers(), body), "429");
      case 401, 403 -> refused(selection, status, REFUSED_NANOS);
      case 402 -> refused(selection, status, RateLimitReset.NO_CREDIT_NANOS);
      case 503, 529 -> busy(selection, status, nanos(head.headers(), body));
      case 408 -> late(selection, asked);
      case 501 -> selection.neutral(); // it knows no such method (RFC 9110 section 15.6.2)
      default -> {
        if (status < 400) {
          selection.answers();
        } else if (status >= 500) {
          selection.failed();
        } else {
          selection.neutral(); // it is the request
        }
      }
    }
  }

  /** It waited for the request, which may be the client's slowness, or was slow itself. */
  private static void late(Selection selection, boolean asked) {
    if (asked) {
      selection.failed();
    } else {
      selection.neutral();
    }
  }

  /** It is the key's fault only if it is one of ours. */
  private static void refused(Selection selection, int status, long nanos) {
    if (selection.current() != null && selection.current().key().label() != null) {
      selection.parked(nanos, Integer.toString(status));
    } else {
      selection.neutral();
    }
  }

  /** Too busy, for as long as it says; if it does not, it is out after some in a row. */
  private static void busy(Selection selection, int status, long nanos) {
    if (nanos < 0) {
      selection.busy();
    } else {
      selection.parked(nanos, Integer.toString(status));
    }
  }

  private static long nanos(HttpHeaders headers, ByteBuf body) {
    return RateLimitReset.nanos(headers, body, System.currentTimeMillis());
  }
}
