package dev.tailtap.exchange;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.HeadWriter;
import dev.tailtap.http1.HeaderRules;
import dev.tailtap.http1.Target;
import dev.tailtap.http1.Via;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.DialectPaths;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** A client's request head that kept the rules, and the head that it becomes for the upstream. */
final class UpstreamRequest {
  private final HttpMethod method;
  private final HttpHeaders headers;
  private final String originForm;
  private final String path;
  private final Router.Route route;
  private final CharSequence via;
  private final Dialect dialect;
  private final boolean chunked;
  private final long length; // -1: the head names none

  private UpstreamRequest(
      HttpRequest head,
      String originForm,
      String path,
      String normalPath,
      Router.Route route,
      Via via) {
    this.via = via.entry(head.protocolVersion().equals(HttpVersion.HTTP_1_0));
    this.originForm = originForm;
    this.path = path;
    this.route = route;
    method = head.method();
    headers = head.headers();
    Dialect configured = Dialect.named(route.upstream().config().dialect());
    dialect = configured != null ? configured : DialectPaths.dialect(normalPath);
    chunked = headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
    String lengthField = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    length = lengthField == null ? -1 : BodyFraming.parseLength(lengthField);
  }

  /** Routes a head; null if no route leads from its path. */
  static UpstreamRequest route(HttpRequest head, Router router, Via via) {
    String originForm = Target.originForm(head.method(), head.uri());
    int question = originForm.indexOf('?');
    String path = question < 0 ? originForm : originForm.substring(0, question);
    String normalPath = Target.normalPath(path);
    Router.Route route = router.route(normalPath);
    return route == null
        ? null
        : new UpstreamRequest(head, originForm, path, normalPath, route, via);
  }

  HttpMethod method() {
    return method;
  }

  /** As the client wrote it, without its query. */
  String path() {
    return path;
  }

  /** The key by which the upstream knows the caller; null if there is none. */
  String credential() {
    String query =
        path.length() < originForm.length() ? originForm.substring(path.length() + 1) : null;
    return Credential.of(
        headers, query, dialect, upstream().config().url().getHost(), dropped(), replaced());
  }

  Router.Route route() {
    return route;
  }

  Upstream upstream() {
    return route.upstream();
  }

  Dialect dialect() {
    return dialect;
  }

  /** The announced length of the body; -1 if its head names none. */
  long length() {
    return length;
  }

  /** Prepares for the body. */
  RequestBody body(ByteBufAllocator alloc, LoopResources loop) {
    boolean plain = !headers.contains(HttpHeaderNames.CONTENT_ENCODING);
    boolean hasBody = chunked || length > 0;
    boolean collected =
        hasBody
            && plain
            && dialect.takesStreamOptions()
            && upstream().config().askForUsage()
            && HttpMethod.POST.equals(method);
    return new RequestBody(
        alloc,
        upstream(),
        loop.config().limits(),
        loop.memory(),
        new RequestBody.Plan(collected, chunked, hasBody && plain));
  }

  /** The head for the upstream; the length of a collected body is what it became. */
  ByteBuf head(ByteBufAllocator alloc, RequestBody body) {
    UpstreamConfig config = upstream().config();
    HeadWriter head =
        HeadWriter.request(alloc, method.asciiName(), upstream().target(originForm))
            .field(HttpHeaderNames.HOST, upstream().authority())
            .fields(headers, dropped());
    config.headers().forEach(head::field);
    if (config.headers().keySet().stream().noneMatch("accept-encoding"::equalsIgnoreCase)) {
      head.field(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
    }
    head.field(HttpHeaderNames.VIA, via);
    oneForwardLess(head);
    frame(head, body);
    return head.end();
  }

  /** The fields, in lower case, that do not go on as the client sent them. */
  private Set<String> dropped() {
    Set<String> dropped = HeaderRules.droppedFromRequest(method, headers);
    dropped.addAll(replaced());
    return dropped;
  }

  private Set<String> replaced() {
    Set<String> replaced = new HashSet<>();
    upstream()
        .config()
        .headers()
        .keySet()
        .forEach(name -> replaced.add(name.toLowerCase(Locale.ROOT)));
    return replaced;
  }

  /** RFC 9110 section 7.6.2; with zero it did not come so far. */
  private void oneForwardLess(HeadWriter head) {
    String limit = headers.get(HttpHeaderNames.MAX_FORWARDS);
    if (HttpMethod.OPTIONS.equals(method) && limit != null) {
      head.field(HttpHeaderNames.MAX_FORWARDS, Long.toString(BodyFraming.parseLength(limit) - 1));
    }
  }

  private void frame(HeadWriter head, RequestBody body) {
    if (body.collected()) {
      head.field(HttpHeaderNames.CONTENT_LENGTH, Long.toString(body.collectedBytes()));
    } else if (chunked) {
      head.field(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (length >= 0) {
      head.field(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
    }
  }
}
