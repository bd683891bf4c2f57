package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.HeaderRules;
import dev.tailtap.http1.Target;
import dev.tailtap.http1.Via;
import dev.tailtap.route.Credential;
import dev.tailtap.upstream.RequestHead;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.DialectPaths;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Set;

/** The head of a client's request that kept the rules, whichever upstream it is for. Immutable. */
public final class ClientRequest {
  private final HttpMethod method;
  private final HttpHeaders headers;
  private final String originForm;
  private final String path;
  private final String normalPath;
  private final CharSequence via;
  private final BodyFraming body;
  private final Set<String> dropped; // names of fields that end here

  private ClientRequest(HttpRequest head, Via own) {
    method = head.method();
    headers = head.headers();
    originForm = Target.originForm(method, head.uri());
    int question = originForm.indexOf('?');
    path = question < 0 ? originForm : originForm.substring(0, question);
    normalPath = Target.normalPath(path);
    via = own.entry(head.protocolVersion().equals(HttpVersion.HTTP_1_0));
    body = framing(headers);
    dropped = HeaderRules.droppedFromRequest(method, headers);
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

  /** The path, in the one form that routes know; null if it has none. */
  public String normalPath() {
    return normalPath;
  }

  /** The announced length of the body; 0 if its head names none. */
  public long length() {
    return body.length();
  }

  /** The path as the client wrote it, without its query. */
  String path() {
    return path;
  }

  /** How its body comes. */
  BodyFraming body() {
    return body;
  }

  /** Whether the body comes as it is, and not compressed. */
  boolean plain() {
    return !headers.contains(HttpHeaderNames.CONTENT_ENCODING);
  }

  /** By which rules an upstream reports usage of it. */
  Dialect dialect(Upstream upstream) {
    Dialect configured = Dialect.named(upstream.config().dialect());
    return configured != null ? configured : DialectPaths.dialect(normalPath);
  }

  /** The key by which an upstream knows the caller; null if it shows none. */
  String credential(Upstream upstream) {
    String query =
        path.length() < originForm.length() ? originForm.substring(path.length() + 1) : null;
    return Credential.of(
        headers, query, dialect(upstream), upstream.urlHost(), dropped, upstream.replacedFields());
  }

  /**
   * The head for an upstream.
   *
   * @param key one of the upstream's
   * @param strip a leading path that does not go on; empty: none
   * @param framing how the body goes on
   */
  RequestHead head(Upstream upstream, UpstreamKey key, String strip, BodyFraming framing) {
    return new RequestHead(
        method,
        originForm,
        strip,
        headers,
        dropped,
        via,
        forwardsLeft(),
        framing,
        key,
        upstream.auth(dialect(upstream)));
  }

  /** RFC 9110 section 7.6.2; with zero it did not come so far. */
  private long forwardsLeft() {
    String limit = headers.get(HttpHeaderNames.MAX_FORWARDS);
    boolean counts = HttpMethod.OPTIONS.equals(method) && limit != null;
    return counts ? BodyFraming.parseLength(limit) - 1 : -1;
  }
}
