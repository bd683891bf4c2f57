package dev.tailtap.client;

import dev.tailtap.config.KeysConfig.Required;
import dev.tailtap.exchange.Access;
import dev.tailtap.exchange.AdmittedRequest;
import dev.tailtap.exchange.ClientRequest;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.LimitCheck;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.exchange.Placement;
import dev.tailtap.http1.ErrorShape;
import dev.tailtap.keys.KeyFault;
import dev.tailtap.keys.VirtualKey.Judgement;
import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Denial;
import dev.tailtap.limits.Limiting;
import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import dev.tailtap.limits.Reservation;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Match;
import dev.tailtap.route.Route;
import dev.tailtap.route.Selection;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.function.Consumer;

/**
 * What a request that the decoder let through has to pass: what it asks of this relay, a key, a
 * route, the limits, admission; in this order, so that only what could be served claims a place.
 * Event loop only.
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

  /** It is to become an exchange, or to give its permit back. */
  record Admitted(AdmittedRequest request) implements Verdict {}

  /**
   * It is to be answered so, in the shape that its client reads.
   *
   * @param detail for the log alone; null: the reason says all
   */
  record Refused(Denial why, ErrorShape shape, String detail) implements Verdict {
    Refused(Denial why, ErrorShape shape) {
      this(why, shape, why.limit());
    }

    Refused(Refusal why, ErrorShape shape) {
      this(new Denial(why), shape);
    }
  }

  /** Judges a request, and says so at once as a rule. */
  void judge(HttpRequest head, Consumer<Verdict> verdict) {
    Generation generation = loop.generation().get();
    ClientRequest request = ClientRequest.of(head, loop.via());
    Refusal own = ofTheRelay(head, request);
    if (own != null) {
      verdict.accept(new Refused(own, request.errorShape(null)));
      return;
    }
    Match match = generation.router().match(request.authority(), request.normalPath());
    Required required = generation.config().keys().required();
    Judgement shown = loop.keys().judge(request.keys().key(), request.keys().several(), required);
    Access access = Access.by(shown.key());
    Refusal why = shown.fault() == null ? refusal(generation, request, match, access) : null;
    if (shown.fault() != null) {
      verdict.accept(refused(shown, request.errorShape(match)));
    } else if (why != null) {
      verdict.accept(new Refused(why, request.errorShape(match)));
    } else {
      loop.admitting()
          .admit(client, new Application(loop, generation, request, match, access, verdict));
    }
  }

  /** The client is not told whether a key was ever good. */
  private static Refused refused(Judgement shown, ErrorShape shape) {
    Refusal why =
        shown.fault() == KeyFault.NOT_LOADED ? Refusal.KEYS_NOT_LOADED : Refusal.INVALID_API_KEY;
    String word = shown.fault().label().value();
    String detail = shown.key() == null ? word : word + " key=" + shown.key();
    return new Refused(new Denial(why), shape, detail);
  }

  private static Refusal refusal(
      Generation generation, ClientRequest request, Match match, Access access) {
    if (match == null) {
      return Refusal.NO_ROUTE;
    }
    Refusal barred = match.needsModel() ? null : access.toRoute(match.route(null));
    if (barred != null) {
      return barred;
    }
    long most = generation.config().limits().requestBody();
    return most > 0 && request.length() > most ? Refusal.BODY_TOO_LARGE : null;
  }

  /** One request before its answer. */
  private static final class Application implements Admitting.Applicant, Limiting.Applicant {
    private final LoopResources loop;
    private final Generation generation;
    private final ClientRequest request;
    private final Match match;
    private final Access access;
    private final Consumer<Verdict> verdict;
    private Permit permit; // this and the next two: null until admitted
    private Selection selection;
    private Identity identity;

    Application(
        LoopResources loop,
        Generation generation,
        ClientRequest request,
        Match match,
        Access access,
        Consumer<Verdict> verdict) {
      this.loop = loop;
      this.generation = generation;
      this.request = request;
      this.match = match;
      this.access = access;
      this.verdict = verdict;
    }

    @Override
    public void admitted(Permit granted) {
      permit = granted;
      Route route = match.needsModel() || access.restrictsModels() ? null : match.route(null);
      if (route == null
          || Placement.hangsOnBody(request, route)
          || LimitCheck.hangsOnBody(loop.limiting(), request, route)) {
        serve();
        return;
      }
      identity = access.identity(loop.tenants(), request, route);
      selection = Placement.of(loop.selections(), request, route, access, identity, false);
      long now = loop.sweep().nowNanos();
      Refusal why = Placement.first(selection, permit, now);
      if (why != null) {
        denied(new Denial(why, Placement.retryAfterSeconds(selection, now)));
      } else if (loop.limiting().any()) {
        LimitCheck.ask(loop.limiting(), request, selection, identity, this);
      } else {
        serve();
      }
    }

    private void serve() {
      verdict.accept(
          new Admitted(
              new AdmittedRequest(
                  generation, request, match, access, selection, identity, permit)));
    }

    @Override
    public void admitted(Reservation granted) {
      permit.under(granted);
      serve();
    }

    @Override
    public void denied(Denial why) {
      permit.close();
      loop.selections().over(selection);
      verdict.accept(new Refused(why, request.errorShape(match)));
    }

    @Override
    public void refused(Refusal why) {
      verdict.accept(new Refused(new Denial(why), request.errorShape(match)));
    }
  }

  /** What the relay answers whatever the routes say. */
  private Refusal ofTheRelay(HttpRequest head, ClientRequest request) {
    if (loop.via().marks(head.headers())) {
      return Refusal.LOOP;
    }
    if (asksForWebSocket(head)) {
      return Refusal.WEBSOCKET;
    }
    if (expectsMore(head)) {
      return Refusal.BAD_EXPECTATION;
    }
    return isAboutTheRelay(head, request) ? Refusal.OWN_OPTIONS : null;
  }

  /** Alone, or among other protocols; in HTTP/1.0 an upgrade means nothing (RFC 9110 7.8). */
  private static boolean asksForWebSocket(HttpRequest head) {
    HttpHeaders headers = head.headers();
    return headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
        && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        && !head.protocolVersion().equals(HttpVersion.HTTP_1_0);
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
  private static boolean isAboutTheRelay(HttpRequest head, ClientRequest request) {
    return HttpMethod.OPTIONS.equals(head.method())
        && (request.originForm().equals("*")
            || "0".equals(head.headers().get(HttpHeaderNames.MAX_FORWARDS)));
  }
}
