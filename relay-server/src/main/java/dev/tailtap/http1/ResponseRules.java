package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * What the parts of a response head must be among each other (RFC 9112 section 6.3), once it is
 * decoded. A length that stands there twice is mended where both are the same; guessing between two
 * that differ is how smuggling begins.
 */
public final class ResponseRules {
  private static final int SWITCHING = 101;

  private ResponseRules() {}

  /** The first rule that a decoded head breaks; null if it breaks none. */
  public static ResponseFault violation(HttpMethod request, HttpResponse head) {
    if (head.status().code() < 100) {
      return ResponseFault.STATUS_CODE;
    }
    if (head.status().code() == SWITCHING) {
      return ResponseFault.SWITCHING; // nobody has asked for it
    }
    return bodiless(request, head) ? null : framingFault(head);
  }

  /**
   * Where the body of a head ends that breaks no rule.
   *
   * @param request its method
   */
  public static BodyFraming framing(HttpMethod request, HttpResponse head) {
    if (bodiless(request, head)) {
      return BodyFraming.NONE;
    }
    if (head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return BodyFraming.CHUNKED;
    }
    List<String> lengths = head.headers().getAll(HttpHeaderNames.CONTENT_LENGTH);
    return lengths.isEmpty()
        ? BodyFraming.UNTIL_CLOSE
        : BodyFraming.ofLength(BodyFraming.commonLength(lengths));
  }

  /** Writes a length that is said in more words than it needs as one plain number. */
  public static void mend(HttpResponse head) {
    List<String> lengths = head.headers().getAll(HttpHeaderNames.CONTENT_LENGTH);
    boolean plain =
        lengths.isEmpty() || (lengths.size() == 1 && BodyFraming.parseLength(lengths.get(0)) >= 0);
    long length = plain ? -1 : BodyFraming.commonLength(lengths);
    if (length >= 0) {
      head.headers().set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
    }
  }

  private static boolean bodiless(HttpMethod request, HttpResponse head) {
    int status = head.status().code();
    return HttpMethod.HEAD.equals(request) || status < 200 || status == 204 || status == 304;
  }

  private static ResponseFault framingFault(HttpResponse head) {
    List<String> codings = head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    List<String> lengths = head.headers().getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (!codings.isEmpty()) {
      boolean chunked =
          codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0));
      boolean http10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
      if (!chunked || http10) {
        return ResponseFault.CODING;
      }
      return lengths.isEmpty() ? null : ResponseFault.LENGTH_AND_CODING;
    }
    boolean clear = lengths.isEmpty() || BodyFraming.commonLength(lengths) >= 0;
    return clear ? null : ResponseFault.LENGTH;
  }
}
