package dev.tailtap.wire;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * What a request head must be beyond what Netty's decoder asks (RFC 9112 sections 3 and 6). Each
 * rule answers with the reason for the refusal, in our own words.
 */
public final class RequestRules {
  private RequestRules() {}

  /** The first rule that a head breaks; null if it breaks none. */
  public static String violation(HttpRequest request) {
    HttpHeaders headers = request.headers();
    boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    if (!http10 && !request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      return "the HTTP version must be 1.1 or 1.0";
    }
    if (HttpMethod.CONNECT.equals(request.method())) {
      return "CONNECT is not served here";
    }
    String target = targetViolation(request.uri());
    if (target != null) {
      return target;
    }
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && !http10)) {
      return "exactly one Host field is needed";
    }
    return framingViolation(headers);
  }

  /** The path and query of a target that {@link #violation} let pass. */
  public static String originForm(String uri) {
    if (uri.startsWith("/")) {
      return uri;
    }
    int slash = uri.indexOf('/', uri.indexOf("://") + 3);
    return slash < 0 ? "/" : uri.substring(slash);
  }

  private static String targetViolation(String uri) {
    for (int i = 0; i < uri.length(); i++) {
      char c = uri.charAt(i);
      if (c <= ' ' || c >= 127 || c == '#') {
        return "the request target has a byte that a URI cannot have";
      }
    }
    boolean absolute = uri.startsWith("http://") || uri.startsWith("https://");
    return uri.startsWith("/") || absolute ? null : "the request target must begin with a slash";
  }

  private static String framingViolation(HttpHeaders headers) {
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!codings.isEmpty()) {
      boolean chunked =
          codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0));
      if (!chunked || headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
        return "the only transfer coding can be one chunked, without a Content-Length";
      }
    }
    List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (lengths.size() > 1
        || (lengths.size() == 1 && BodyFraming.parseLength(lengths.get(0)) < 0)) {
      return "Content-Length must be one plain number";
    }
    if (HeaderRules.listsForbidden(headers)) {
      return "Connection must not list a field that belongs to the message";
    }
    return null;
  }
}
