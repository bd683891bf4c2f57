package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the parts of a request head must be among each other (RFC 9112 sections 3 and 6), once its
 * bytes have passed {@link RequestHeadScan}. A content in a GET goes on with its framing (RFC 9110
 * section 9.3.1): it is framed without doubt, and its meaning is the provider's to know.
 */
final class RequestRules {
  /** Names which some server behind us might take for the field with hyphens. */
  private static final Set<String> FRAMING_NAMES =
      Set.of("host", "content-length", "transfer-encoding", "connection");

  private RequestRules() {}

  /** The first rule that a head breaks; null if it breaks none. */
  static RequestFault violation(HttpRequest request) {
    RequestFault method = methodFault(request.method());
    if (method != null) {
      return method;
    }
    RequestFault target = Target.fault(request.method(), request.uri());
    if (target != null) {
      return target;
    }
    HttpHeaders headers = request.headers();
    boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    RequestFault host = hostFault(request.uri(), headers.getAll(HttpHeaderNames.HOST), http10);
    return host != null ? host : framingFault(request.method(), headers, http10);
  }

  /**
   * CONNECT makes a tunnel, TRACE would show a key that the configuration adds; and names are
   * matched by case (RFC 9110 section 9.1), so that {@code get} is a method nobody knows.
   */
  private static RequestFault methodFault(HttpMethod method) {
    boolean served = !HttpMethod.CONNECT.equals(method) && !HttpMethod.TRACE.equals(method);
    for (int i = 0; i < method.name().length(); i++) {
      char c = method.name().charAt(i);
      served &= (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    }
    return served ? null : RequestFault.METHOD;
  }

  private static RequestFault hostFault(String uri, List<String> hosts, boolean http10) {
    if (hosts.isEmpty() && http10) {
      return null;
    }
    if (hosts.size() != 1 || !Target.isAuthority(hosts.get(0))) {
      return RequestFault.HOST;
    }
    return Target.agrees(uri, hosts.get(0)) ? null : RequestFault.OTHER_HOST;
  }

  private static RequestFault framingFault(HttpMethod method, HttpHeaders headers, boolean http10) {
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (!codings.isEmpty()) {
      boolean chunked =
          codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0));
      if (!chunked || http10 || !lengths.isEmpty()) {
        return RequestFault.CODING;
      }
    }
    if (lengths.size() > 1
        || (lengths.size() == 1 && BodyFraming.parseLength(lengths.get(0)) < 0)) {
      return RequestFault.LENGTH;
    }
    if (hasLookalike(headers)) {
      return RequestFault.LOOKALIKE;
    }
    if (HeaderRules.listsForbidden(headers)) {
      return RequestFault.CONNECTION;
    }
    return maxForwardsFault(method, headers);
  }

  private static boolean hasLookalike(HttpHeaders headers) {
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
    while (fields.hasNext()) {
      CharSequence name = fields.next().getKey();
      if (AsciiString.indexOf(name, '_', 0) >= 0 && isFraming(name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isFraming(CharSequence name) {
    return FRAMING_NAMES.contains(HeaderRules.lowerCase(name).replace('_', '-'));
  }

  private static RequestFault maxForwardsFault(HttpMethod method, HttpHeaders headers) {
    if (!HttpMethod.OPTIONS.equals(method)) {
      return null; // for others it means nothing
    }
    List<String> limits = headers.getAll(HttpHeaderNames.MAX_FORWARDS);
    boolean plain =
        limits.isEmpty() || (limits.size() == 1 && BodyFraming.parseLength(limits.get(0)) >= 0);
    return plain ? null : RequestFault.MAX_FORWARDS;
  }
}
