package dev.tailtap.exchange;

import dev.tailtap.http1.Target;
import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What a request that the decoder let through has to pass: what it asks of this relay, a route, the
 * limits, admission; in this order, so that only what could be served claims a place. Event loop
 * only.
 */
final class RequestFilter {
  private final LoopResources loop;
  private final ClientNetwork client;

  RequestFilter(LoopResources loop, ClientNetwork client) {
    this.loop = loop;
    this.client = client;
  }

  /** What becomes of a request. */
  sealed interface Verdict permits Admitted, Refused {}

  /** It has its place, and is to become an exchange or to give the permit back. */
  record Admitted(UpstreamRequest request, Permit permit) implements Verdict {}

  record Refused(Refusal why) implements Verdict {}

  /** Judges a request, and says so at once as a rule. */
  void judge(HttpRequest head, Consumer<Verdict> verdict) {
    Refusal own = ofTheRelay(head);
    UpstreamRequest request =
        own == null ? UpstreamRequest.route(head, loop.router(), loop.via()) : null;
    long most = loop.config().limits().requestBody();
    if (own != null) {
      verdict.accept(new Refused(own));
    } else if (request == null) {
      verdict.accept(new Refused(Refusal.NO_ROUTE));
    } else if (most > 0 && request.length() > most) {
      verdict.accept(new Refused(Refusal.BODY_TOO_LARGE));
    } else {
      loop.admitting().admit(request.upstream().name(), client, new Application(request, verdict));
    }
  }

  /** Makes the exchange of an admitted request, for this client. */
  Exchange exchange(Admitted admitted, ClientStream stream, ByteBufAllocator alloc) {
    UpstreamRequest request = admitted.request();
    Instant now = Instant.now();
    String tenant = loop.tenants().of(request.credential());
    CallRecorder recorder =
        new CallRecorder(
            loop.ids().next(now.toEpochMilli()), now, System.nanoTime(), request, tenant);
    RequestBody body = request.body(alloc, loop);
    return new Exchange(loop, stream, request, body, recorder, admitted.permit());
  }

  private record Application(UpstreamRequest request, Consumer<Verdict> verdict)
      implements Admitting.Applicant {
    @Override
    public void admitted(Permit permit) {
      verdict.accept(new Admitted(request, permit));
    }

    @Override
    public void refused(Refusal why) {
      verdict.accept(new Refused(why));
    }
  }

  /** What the relay answers whatever the routes say. */
  private Refusal ofTheRelay(HttpRequest head) {
    if (loop.via().marks(head.headers())) {
      return Refusal.LOOP;
    }
    if (expectsMore(head)) {
      return Refusal.BAD_EXPECTATION;
    }
    return isAboutTheRelay(head) ? Refusal.OWN_OPTIONS : null;
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
