package dev.tailtap.exchange;

import dev.tailtap.wire.RequestRules;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.time.Instant;

/**
 * What a request head has to pass: the rules, a route, the limits, admission; in this order, so
 * that only what could be served claims a place. Event loop only.
 */
final class Intake {
  private final LoopShare share;

  private final ClientNetwork client;

  private UpstreamRequest judged; // the head that passed last; null once it became an exchange

  Intake(LoopShare share, ClientNetwork client) {
    this.share = share;
    this.client = client;
  }

  /** Null if the request is admitted, and {@link #admit} has to follow; else why it is refused. */
  Ending judge(HttpRequest head) {
    Ending mistake = mistake(head);
    if (mistake != null) {
      return mistake;
    }
    UpstreamRequest request = UpstreamRequest.route(head, share.router());
    if (request == null) {
      return Ending.NO_ROUTE;
    }
    if (request.length() > share.config().limits().requestBody()) {
      return Ending.BODY_TOO_LARGE;
    }
    Ending refusal = share.admission().enter(request.upstream(), client);
    judged = refusal == null ? request : null;
    return refusal;
  }

  /** Makes the exchange of the request that was just admitted. */
  Exchange admit(ClientConnection client, ByteBufAllocator alloc) {
    UpstreamRequest request = judged;
    judged = null;
    Instant now = Instant.now();
    String tenant = share.tenants().of(request.headers(), request.query());
    Call call =
        new Call(share.ids().next(now.toEpochMilli()), now, System.nanoTime(), request, tenant);
    Upload upload = request.upload(alloc, share.config().limits().requestBody());
    return new Exchange(share, client, request, upload, call);
  }

  private static Ending mistake(HttpRequest head) {
    if (head.decoderResult().isFailure()) {
      return undecodable(head.decoderResult().cause());
    }
    if (RequestRules.violation(head) != null) {
      return Ending.BAD_REQUEST;
    }
    String expectation = head.headers().get(HttpHeaderNames.EXPECT);
    boolean met = expectation == null || expectation.equalsIgnoreCase("100-continue");
    return met ? null : Ending.BAD_EXPECTATION;
  }

  private static Ending undecodable(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Ending.TARGET_TOO_LONG;
    }
    return cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException
        ? Ending.HEAD_TOO_LARGE
        : Ending.BAD_REQUEST;
  }
}
