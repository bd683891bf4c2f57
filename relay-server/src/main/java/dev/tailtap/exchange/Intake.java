package dev.tailtap.exchange;

import dev.tailtap.http1.Target;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Instant;

/**
 * What a request that the decoder let through has to pass: what it asks of this relay, a route, the
 * limits, admission; in this order, so that only what could be served claims a place. Event loop
 * only.
 */
final class Intake {
  private final LoopShare share;
  private final ClientNetwork client;

  Intake(LoopShare share, ClientNetwork client) {
    this.share = share;
    this.client = client;
  }

  /** What becomes of a request. */
  sealed interface Verdict permits Admitted, Refused {}

  /** It claims its place already, and is to begin. */
  record Admitted(Exchange exchange) implements Verdict {}

  record Refused(Ending why) implements Verdict {}

  /** Judges a request, and makes the exchange of one that passes, for this client. */
  Verdict judge(HttpRequest head, ClientStream stream, ByteBufAllocator alloc) {
    Ending own = ofTheRelay(head);
    if (own != null) {
      return new Refused(own);
    }
    UpstreamRequest request = UpstreamRequest.route(head, share.router(), share.via());
    if (request == null) {
      return new Refused(Ending.NO_ROUTE);
    }
    long most = share.config().limits().requestBody();
    if (most > 0 && request.length() > most) {
      return new Refused(Ending.BODY_TOO_LARGE);
    }
    Ending refusal = share.admission().enter(request.upstream(), client);
    return refusal == null ? new Admitted(exchange(request, stream, alloc)) : new Refused(refusal);
  }

  private Exchange exchange(UpstreamRequest request, ClientStream stream, ByteBufAllocator alloc) {
    Instant now = Instant.now();
    String tenant = share.tenants().of(request.credential());
    Call call =
        new Call(share.ids().next(now.toEpochMilli()), now, System.nanoTime(), request, tenant);
    Upload upload = request.upload(alloc, share);
    return new Exchange(share, stream, client, request, upload, call);
  }

  /** What the relay answers whatever the routes say. */
  private Ending ofTheRelay(HttpRequest head) {
    if (share.via().marks(head.headers())) {
      return Ending.LOOP;
    }
    if (expectsMore(head)) {
      return Ending.BAD_EXPECTATION;
    }
    return isAboutTheRelay(head) ? Ending.OWN_OPTIONS : null;
  }

  /** Anything but 100-continue; in HTTP/1.0 an expectation means nothing (RFC 9110 10.1.1). */
  private static boolean expectsMore(HttpRequest head) {
    if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      return false;
    }
    for (String expectation : head.headers().getAll(HttpHeaderNames.EXPECT)) {
      if (!expectation.equalsIgnoreCase("100-continue")) {
        return true;
      }
    }
    return false;
  }

  /** OPTIONS of no path, or one that may go no further (RFC 9110 sections 9.3.7 and 7.6.2). */
  private static boolean isAboutTheRelay(HttpRequest head) {
    return HttpMethod.OPTIONS.equals(head.method())
        && (Target.originForm(head.method(), head.uri()).equals("*")
            || "0".equals(head.headers().get(HttpHeaderNames.MAX_FORWARDS)));
  }
}
