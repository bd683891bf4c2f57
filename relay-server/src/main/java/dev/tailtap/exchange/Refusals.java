package dev.tailtap.exchange;

import dev.tailtap.http1.BadRequest;
import dev.tailtap.http1.LocalReply;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;

/**
 * What the relay itself answers on a client's connection: each refusal is counted and written, to
 * be flushed by the caller. Event loop only.
 */
final class Refusals {
  /** A refused body up to this size is read and dropped, so that the connection can be kept. */
  private static final long SMALL_BODY = 64 * 1024;

  private final Channel channel;
  private final ClientNetwork client;
  private final Stats stats;
  private final TroubleLog log;

  Refusals(Channel channel, ClientNetwork client, Stats stats, TroubleLog log) {
    this.channel = channel;
    this.client = client;
    this.stats = stats;
    this.log = log;
  }

  /** Whether the client sends its body only once it was told to go on (RFC 9110 section 10.1.1). */
  static boolean awaitsInvitation(HttpRequest head) {
    boolean body =
        head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
            || HttpUtil.getContentLength(head, 0L) > 0;
    return body && HttpUtil.is100ContinueExpected(head);
  }

  /** Whether a refused request leaves its connection in doubt, or too much to read away. */
  static boolean endsConnection(HttpRequest head) {
    boolean chunked = head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    // Who waits for an invitation may send no body now, and we could not tell (RFC 9110 10.1.1).
    return chunked
        || HttpUtil.getContentLength(head, 0L) > SMALL_BODY
        || HttpUtil.is100ContinueExpected(head);
  }

  /**
   * Answers with a refusal.
   *
   * @param method of the request: an answer to HEAD has no body
   * @param close whether the connection ends with it
   */
  void refuse(HttpMethod method, Ending why, boolean close) {
    if (why != Ending.OWN_OPTIONS) {
      log.refused(why, client, null);
    }
    refuse(method, why, why.message(), close);
  }

  /** Answers a call that has a record, and with it its line in the log. */
  void answer(HttpMethod method, Ending why, boolean close) {
    refuse(method, why, why.message(), close);
  }

  /** Answers to what is no request: the connection ends with it. */
  void refuse(BadRequest bad) {
    Ending why = Ending.of(bad.fault());
    boolean plain = why == Ending.BAD_REQUEST;
    log.refused(why, client, bad.fault().text());
    String detail = "The request breaks HTTP/1.1: " + bad.fault().text() + ".";
    refuse(bad.method(), why, plain ? detail : why.message(), true);
  }

  private void refuse(HttpMethod method, Ending why, String message, boolean close) {
    stats.add(Metric.REFUSED, why.code(), 1);
    channel.write(
        why == Ending.OWN_OPTIONS
            ? LocalReply.options(channel.alloc(), close)
            : LocalReply.error(
                channel.alloc(), method, why.status(), why.type(), why.code(), message, close),
        channel.voidPromise());
  }
}
