package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.netty.util.CharsetUtil;

/** An answer of the relay's own: errors in the {@link ErrorShape} that its client reads. */
public final class LocalReply {
  private static final AsciiString JSON = AsciiString.cached("application/json");

  /**
   * Overrides the status for the clients of OpenAI and Anthropic, which ask again by themselves.
   */
  private static final AsciiString SHOULD_RETRY = AsciiString.cached("x-should-retry");

  private static final AsciiString BEARER = AsciiString.cached("Bearer");

  private static final OwnError PLAIN_HTTP =
      new OwnError(
          HttpResponseStatus.BAD_REQUEST.code(),
          "invalid_request_error",
          "plain_http",
          "This port speaks TLS: use https://.",
          true);

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
    return error(alloc, HttpMethod.GET, ErrorShape.OPENAI, PLAIN_HTTP, 0, true);
  }

  /**
   * One whole answer, head and body.
   *
   * @param request a response to HEAD has no body
   * @param retryAfterSeconds when to ask again, said with 429 and 503
   * @param close whether to announce that the connection ends with it
   */
  public static ByteBuf error(
      ByteBufAllocator alloc,
      HttpMethod request,
      ErrorShape shape,
      OwnError error,
      long retryAfterSeconds,
      boolean close) {
    byte[] body = shape.body(error).getBytes(CharsetUtil.UTF_8);
    int status = error.status();
    HeadWriter head =
        HeadWriter.response(alloc, HttpResponseStatus.valueOf(status))
            .field(HttpHeaderNames.CONTENT_TYPE, JSON)
            .field(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
    if (status == HttpResponseStatus.SERVICE_UNAVAILABLE.code()
        || status == HttpResponseStatus.TOO_MANY_REQUESTS.code()) {
      head.field(HttpHeaderNames.RETRY_AFTER, Long.toString(retryAfterSeconds));
    }
    if (status == HttpResponseStatus.UNAUTHORIZED.code()) {
      head.field(HttpHeaderNames.WWW_AUTHENTICATE, BEARER); // RFC 9110 section 15.5.2
    }
    if (error.row() != null) {
      head.field(error.row().name(), error.row().value());
    }
    for (OwnError.Field field : error.more()) {
      head.field(field.name(), field.value());
    }
    if (error.lasting()) {
      head.field(SHOULD_RETRY, "false");
    }
    if (status == HttpResponseStatus.UPGRADE_REQUIRED.code()) {
      // What is served instead (RFC 9110 section 15.5.22): the protocol that is spoken already.
      head.field(HttpHeaderNames.UPGRADE, HttpVersion.HTTP_1_1.text());
      head.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    }
    if (close) {
      head.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    ByteBuf out = head.end();
    return HttpMethod.HEAD.equals(request) ? out : out.writeBytes(body);
  }
}
