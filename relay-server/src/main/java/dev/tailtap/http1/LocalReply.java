package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.netty.util.CharsetUtil;

/**
 * An answer of the relay's own, in the error shape of the OpenAI API, which its clients' libraries
 * know how to show: {@code {"error":{"message":…,"type":…,"code":…}}}. The texts are constants of
 * ours: no byte of a client's or provider's message is repeated in them.
 */
public final class LocalReply {
  private static final AsciiString JSON = AsciiString.cached("application/json");

  private LocalReply() {}

  /** The interim answer that invites a client to send its body. */
  public static ByteBuf continue100(ByteBufAllocator alloc) {
    return HeadWriter.response(alloc, HttpResponseStatus.CONTINUE).end();
  }

  /** What the relay says of itself, with no body: it serves whatever its upstreams do. */
  public static ByteBuf options(ByteBufAllocator alloc, boolean close) {
    HeadWriter head =
        HeadWriter.response(alloc, HttpResponseStatus.OK)
            .field(HttpHeaderNames.CONTENT_LENGTH, "0");
    if (close) {
      head.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    return head.end();
  }

  /** For a client that speaks plain HTTP to a port of TLS; the connection ends with it. */
  public static ByteBuf plainHttp(ByteBufAllocator alloc) {
    return error(
        alloc,
        HttpMethod.GET,
        HttpResponseStatus.BAD_REQUEST.code(),
        "invalid_request_error",
        "plain_http",
        "This port speaks TLS: use https://.",
        0,
        true);
  }

  /**
   * One whole answer, head and body.
   *
   * @param retryAfterSeconds when to ask again, said with 429 and 503
   * @param close whether to announce that the connection ends with it
   */
  public static ByteBuf error(
      ByteBufAllocator alloc,
      HttpMethod request,
      int status,
      String type,
      String code,
      String message,
      long retryAfterSeconds,
      boolean close) {
    byte[] body = body(message, type, code).getBytes(CharsetUtil.UTF_8);
    HeadWriter head =
        HeadWriter.response(alloc, HttpResponseStatus.valueOf(status))
            .field(HttpHeaderNames.CONTENT_TYPE, JSON)
            .field(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
    if (status == HttpResponseStatus.SERVICE_UNAVAILABLE.code()
        || status == HttpResponseStatus.TOO_MANY_REQUESTS.code()) {
      head.field(HttpHeaderNames.RETRY_AFTER, Long.toString(retryAfterSeconds));
    }
    if (close) {
      head.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    ByteBuf out = head.end();
    return HttpMethod.HEAD.equals(request) ? out : out.writeBytes(body);
  }

  private static String body(String message, String type, String code) {
    return "{\"error\":{\"message\":\""
        + message
        + "\",\"type\":\""
        + type
        + "\",\"code\":\""
        + code
        + "\"}}\n";
  }
}
