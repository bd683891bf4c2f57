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

  /** Tells the selection of the current target's answer, of which only the head is there. */
  static void tell(Selection selection, HttpResponse head, long now) {
    tell(selection, head, null, now);
  }

  /**
   * Tells the selection of the current target's answer.
   *
   * @param body what has come of it; null: none
   * @param now by the clock of {@link System#nanoTime}
   */
  static void tell(Selection selection, HttpResponse head, ByteBuf body, long now) {
    int status = head.status().code();
    switch (status) {
      case 429 -> selection.parked(until(head.headers(), body, now), "429");
      case 401, 403 -> refused(selection, status, now + REFUSED_NANOS);
      case 402 -> refused(selection, status, now + RateLimitReset.NO_CREDIT_NANOS);
      case 503, 529 -> busy(selection, status, until(head.headers(), body, now));
      case 408 -> selection.failed();
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

  /** It is the key's fault only if it is one of ours. */
  private static void refused(Selection selection, int status, long until) {
    if (selection.current() != null && selection.current().key().label() != null) {
      selection.parked(until, Integer.toString(status));
    } else {
      selection.neutral();
    }
  }

  /** Too busy, and no failure; it may say for how long. */
  private static void busy(Selection selection, int status, Long until) {
    if (until == null) {
      selection.neutral();
    } else {
      selection.parked(until, Integer.toString(status));
    }
  }

  private static Long until(HttpHeaders headers, ByteBuf body, long now) {
    long nanos = RateLimitReset.nanos(headers, body, System.currentTimeMillis());
    return nanos < 0 ? null : (Long) (now + nanos);
  }
}
