package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.ErrorShape;
import dev.tailtap.http1.HeaderRules;
import dev.tailtap.http1.Via;
import dev.tailtap.keys.KeyForm;
import dev.tailtap.record.Caller;
import dev.tailtap.route.Credential;
import dev.tailtap.route.Match;
import dev.tailtap.route.Route;
import dev.tailtap.route.ShownKeys;
import dev.tailtap.route.StatefulPaths;
import dev.tailtap.route.Target;
import dev.tailtap.stats.Stats;
import dev.tailtap.trace.CallTrace;
import dev.tailtap.trace.TraceParent;
import dev.tailtap.upstream.RequestHead;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.DialectPaths;
import dev.tailtap.usage.ModelNames;
import dev.tailtap.usage.RequestTap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The head of a client's request that kept the rules, whichever upstream it is for. Immutable. */
public final class ClientRequest {
  private static final AsciiString CONTENT_DIGEST = AsciiString.cached("content-digest");
  private static final AsciiString DIGEST = AsciiString.cached("digest");
  private static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
  private static final String TRACESTATE = "tracestate";

  private final HttpMethod method;
  private final HttpHeaders headers;
  private final String originForm;
  private final String path;
  private final String normalPath;
  private final CharSequence via;
  private final BodyFraming body;
  private final Set<String> dropped; // names of fields that end here
  private final ShownKeys keys;

  private ClientRequest(HttpRequest head, Via own) {
    method = head.method();
    headers = head.headers();
    originForm = dev.tailtap.http1.Target.originForm(method, head.uri());
    int question = originForm.indexOf('?');
    path = question < 0 ? originForm : originForm.substring(0, question);
    normalPath = dev.tailtap.http1.Target.normalPath(path);
    via = own.entry(head.protocolVersion().equals(HttpVersion.HTTP_1_0));
    body = framing(headers);
    dropped = HeaderRules.droppedFromRequest(method, headers);
    keys = ShownKeys.of(headers, query());
  }

  /**
   * Of a head as it was decoded and judged.
   *
   * @param via this relay's entry in what it forwards
   */
  public static ClientRequest of(HttpRequest head, Via via) {
    return new ClientRequest(head, via);
  }

  /** RFC 9112 section 6.3: without a field that says otherwise there is no body. */
  private static BodyFraming framing(HttpHeaders headers) {
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return BodyFraming.CHUNKED;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    return length == null
        ? BodyFraming.NONE
        : new BodyFraming(BodyFraming.Kind.LENGTH, BodyFraming.parseLength(length));
  }

  public HttpMethod method() {
    return method;
  }

  /** The path and query that an origin server is asked for, or an asterisk. */
  public String originForm() {
    return originForm;
  }

  /** The host that it is for, with or without a port; null: it names none. */
  public String authority() {
    return headers.get(HttpHeaderNames.HOST);
  }

  /** The path, in the one form that routes know; null if it has none. */
  public String normalPath() {
    return normalPath;
  }

  /** The announced length of the body; 0 if its head names none. */
  public long length() {
    return body.length();
  }

  /** What it shows of keys of this relay. */
  public ShownKeys keys() {
    return keys;
  }

  /** The path as the client wrote it, without its query, and without a key of this relay. */
  String path() {
    return KeyForm.hidden(path);
  }

  private String query() {
    return path.length() < originForm.length() ? originForm.substring(path.length() + 1) : null;
  }

  /**
   * Who calls, as far as its head says so.
   *
   * @param tags what is kept beside, by name, and the fields that say it
   * @param own what is kept in any case, by name
   */
  Caller caller(Map<String, String> tags, Map<String, String> own, Stats stats) {
    return Claims.ofCaller(headers, tags, own, stats);
  }

  /** The trace that it is a part of; null: of none, or it does not say so as one has to. */
  TraceParent traceParent() {
    String said = headers.get(TRACEPARENT);
    boolean one = said != null && headers.getAll(TRACEPARENT).size() == 1;
    return one ? TraceParent.parse(said) : null;
  }

  /** How its body comes. */
  BodyFraming body() {
    return body;
  }

  /** Whether a body is announced that may not be empty. */
  boolean hasBody() {
    return body.kind() == BodyFraming.Kind.CHUNKED || body.length() > 0;
  }

  /**
   * What reads the body along.
   *
   * @param searches whether it matters that it refers to what one provider keeps
   */
  RequestTap tap(boolean searches, ByteBufAllocator alloc) {
    List<String> codings = headers.getAll(HttpHeaderNames.CONTENT_ENCODING);
    String coding = codings.isEmpty() ? null : String.join(", ", codings);
    List<String> types = headers.getAll(HttpHeaderNames.CONTENT_TYPE);
    boolean same = !types.isEmpty() && Collections.frequency(types, types.get(0)) == types.size();
    String type = types.isEmpty() ? null : same ? types.get(0) : String.join(", ", types);
    return new RequestTap(normalPath, type, coding, searches, alloc);
  }

  /** The models that it names beside its path and body. */
  List<String> modelsBeside() {
    return ModelNames.beside(headers, query());
  }

  /** Whether it is about something that one provider's account keeps, by its path. */
  boolean stateful() {
    return StatefulPaths.keeps(method, normalPath);
  }

  /** Whether its body cannot be changed without its reader noticing: a field vouches for it. */
  boolean sealed() {
    String authorization = headers.get(HttpHeaderNames.AUTHORIZATION);
    boolean signed = authorization != null && authorization.regionMatches(true, 0, "AWS4-", 0, 5);
    return signed
        || headers.contains(HttpHeaderNames.CONTENT_MD5)
        || headers.contains(DIGEST)
        || headers.contains(CONTENT_DIGEST);
  }

  /** What is to find the same target of a route again, as a hash; 0: nothing. */
  long sticky(Route route, String tenant) {
    return route.sticky(headers, tenant);
  }

  /** By which rules an upstream reports usage of it. */
  Dialect dialect(Upstream upstream) {
    Dialect configured = Dialect.named(upstream.config().dialect());
    return configured != null ? configured : DialectPaths.dialect(normalPath);
  }

  /** In which shape its client reads errors, by the routes that may lead it; null: none does. */
  public ErrorShape errorShape(Match match) {
    Route route = match == null || match.needsModel() ? null : match.route(null);
    return route == null
        ? ErrorShapes.of(normalPath, headers)
        : errorShape(dialect(route.target(0).upstream()));
  }

  /** The same by the dialect of its answers. */
  ErrorShape errorShape(Dialect dialect) {
    return ErrorShapes.of(dialect, normalPath, headers);
  }

  /** The key by which an upstream knows the caller; null if it shows none. */
  String credential(Upstream upstream) {
    return Credential.of(
        headers,
        query(),
        dialect(upstream),
        upstream.urlHost(),
        dropped,
        upstream.replacedFields());
  }

  /**
   * The head for a target.
   *
   * @param strip a leading path that is taken off
   * @param framing how the body goes on
   * @param trace of its call; null: what its client says of one goes on
   * @param row of this try
   */
  RequestHead head(Target target, String strip, BodyFraming framing, CallTrace trace, UUID row) {
    return new RequestHead(
        method,
        originForm,
        strip,
        headers,
        trace == null ? dropped : dropped(trace),
        via,
        forwardsLeft(),
        framing,
        target.key(),
        target.upstream().auth(dialect(target.upstream())),
        keys.key() != null,
        trace == null ? null : trace.field(row));
  }

  /** A state means nothing without the trace that it belongs to (W3C Trace Context 3.3). */
  private Set<String> dropped(CallTrace trace) {
    Set<String> names = new HashSet<>(dropped);
    names.add(TRACEPARENT.toString());
    if (trace.begins()) {
      names.add(TRACESTATE);
    }
    return names;
  }

  /** RFC 9110 section 7.6.2; with zero it did not come so far. */
  private long forwardsLeft() {
    if (!HttpMethod.OPTIONS.equals(method)) {
      return -1;
    }
    String limit = headers.get(HttpHeaderNames.MAX_FORWARDS);
    return limit == null ? -1 : BodyFraming.parseLength(limit) - 1;
  }
}
