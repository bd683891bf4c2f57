package dev.tailtap.wire;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * Where a body ends (RFC 9112 section 6.3).
 *
 * @param length bytes of the body with {@code LENGTH}, else 0
 */
public record BodyFraming(Kind kind, long length) {
  static final BodyFraming NONE = new BodyFraming(Kind.NONE, 0);
  static final BodyFraming CHUNKED = new BodyFraming(Kind.CHUNKED, 0);
  private static final BodyFraming UNTIL_CLOSE = new BodyFraming(Kind.UNTIL_CLOSE, 0);

  /** The four ways in which a body can be delimited. */
  public enum Kind {
    NONE,
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  /**
   * Reads it from a response head. A transfer coding other than a lone {@code chunked}, a length
   * beside one, and a length that is not one plain number are refused: guessing is how smuggling
   * begins.
   *
   * @return null if the head contradicts itself
   */
  public static BodyFraming of(HttpMethod request, HttpResponse head) {
    int status = head.status().code();
    if (status < 100) {
      return null; // RFC 9110 section 15
    }
    if (HttpMethod.HEAD.equals(request) || status < 200 || status == 204 || status == 304) {
      return NONE;
    }
    HttpHeaders headers = head.headers();
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (!codings.isEmpty()) {
      boolean chunked =
          codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0));
      boolean http10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
      return chunked && lengths.isEmpty() && !http10 ? CHUNKED : null;
    }
    if (lengths.isEmpty()) {
      return UNTIL_CLOSE;
    }
    long length = lengths.size() == 1 ? parseLength(lengths.get(0)) : -1;
    return length < 0 ? null : ofLength(length);
  }

  static BodyFraming ofLength(long length) {
    return length == 0 ? NONE : new BodyFraming(Kind.LENGTH, length);
  }

  /**
   * A {@code Content-Length} in plain digits (RFC 9110 section 8.6). A leading zero is refused,
   * which some take for the sign of an octal number.
   *
   * @return -1 if it is anything else or beyond a long
   */
  public static long parseLength(CharSequence text) {
    if (text.isEmpty() || text.length() > 18 || (text.charAt(0) == '0' && text.length() > 1)) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      length = length * 10 + (c - '0');
    }
    return length;
  }
}
