package dev.tailtap.client;

import dev.tailtap.exchange.Delivery;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.HeadWriter;
import dev.tailtap.http1.HeaderRules;
import dev.tailtap.http1.LocalReply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;

/**
 * Writes what comes before a response's body on one client's connection, as the present request
 * understands it, and knows whether the connection outlives that response. Event loop only.
 */
final class ResponseWriter {
  private final Channel channel;
  private HttpMethod method;
  private boolean http10;
  private boolean keepAlive;
  private boolean closeDelimited; // the end of the connection is the end of the present response

  ResponseWriter(Channel channel) {
    this.channel = channel;
  }

  /** The next request has come. */
  void begin(HttpRequest head) {
    method = head.method();
    http10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
    keepAlive = !http10 && HttpUtil.isKeepAlive(head);
  }

  /** Of the present request. */
  HttpMethod method() {
    return method;
  }

  /** Whether the client understands interim responses and chunks. */
  boolean http11() {
    return !http10;
  }

  boolean keepAlive() {
    return keepAlive;
  }

  /** The connection ends with this response, unless {@code may}. */
  void keepAlive(boolean may) {
    keepAlive &= may;
  }

  boolean closeDelimited() {
    return closeDelimited;
  }

  /** Invites the client to send its body, if it waits for that (RFC 9110 section 10.1.1). */
  void inviteIfAwaited(HttpRequest head) {
    boolean body =
        head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
            || HttpUtil.getContentLength(head, 0L) > 0;
    if (body && HttpUtil.is100ContinueExpected(head)) {
      invite();
    }
  }

  private void invite() {
    channel.writeAndFlush(LocalReply.continue100(channel.alloc()), channel.voidPromise());
  }

  /** Writes what a client of HTTP/1.1 does not mind (RFC 9110 section 15.2); whether it did. */
  boolean probe() {
    if (!http10) {
      invite();
    }
    return !http10;
  }

  /** Passes an interim response on; a client of HTTP/1.0 does not know them. */
  void interim(HttpResponse head) {
    if (!http10) {
      channel.write(
          HeadWriter.response(channel.alloc(), head.status())
              .fields(head.headers(), HeaderRules.droppedFromResponse(head.headers(), true))
              .end(),
          channel.voidPromise());
    }
  }

  /**
   * Writes the head, or has it written with what comes of the body.
   *
   * @param way to the client
   * @param hidingWindow 0: nothing is hidden in the body
   * @param beats whether heartbeats may go between its events
   * @param mayKeep whether anything else lets the connection be kept
   * @return the way for the body
   */
  Delivery start(
      ChannelHandlerContext way,
      HttpResponse head,
      BodyFraming framing,
      int hidingWindow,
      boolean beats,
      boolean mayKeep) {
    ResponseFraming out = ResponseFraming.of(framing.kind(), http10, hidingWindow > 0 || beats);
    closeDelimited = out.untilClose();
    keepAlive &= !closeDelimited && mayKeep;
    ByteBuf written = out.head(channel.alloc(), head, keepAlive);
    if (framing.kind() == BodyFraming.Kind.LENGTH && !out.reframed()) {
      return RawDelivery.ofLength(way, written);
    }
    channel.write(written, channel.voidPromise());
    return out.reframed()
        ? new ReframedDelivery(way, out.chunked(), hidingWindow, beats)
        : new RawDelivery(way, out.chunked());
  }
}
