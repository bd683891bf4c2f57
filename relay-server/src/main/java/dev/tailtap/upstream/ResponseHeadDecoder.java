package dev.tailtap.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.List;

/**
 * Netty's response decoder for heads alone: once {@link #enterBody()} is called, buffers pass as
 * they are, until {@link #expectHead()}. What came behind the head in the same read is handed on as
 * the first of them. Bytes that come before {@link #listen()} pass as they are, too.
 */
final class ResponseHeadDecoder extends HttpResponseDecoder {
  private static final int MAX_HEAD = 64 * 1024;

  private boolean inBody;
  private boolean listening; // a request was written, so that a head may come
  private boolean heard; // and some byte of it did

  ResponseHeadDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_HEAD)
            .setMaxHeaderSize(MAX_HEAD)
            .setAllowDuplicateContentLengths(false));
  }

  /** The head is read; from now on it is bytes. */
  void enterBody() {
    inBody = true;
    reset(); // forgets the body that the decoder itself is about to expect
  }

  /** The body is over; the next bytes are a head. */
  void expectHead() {
    inBody = false;
    listening = false;
    heard = false;
  }

  /** The request leaves. */
  void listen() {
    listening = true;
  }

  /** Whether some byte of the next message has come. */
  boolean heard() {
    return heard;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    if (inBody || !listening) {
      ctx.fireChannelRead(msg);
    } else {
      heard = true;
      super.channelRead(ctx, msg);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (inBody || !listening) {
      out.add(in.readRetainedSlice(in.readableBytes()));
    } else {
      super.decode(ctx, in, out);
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
      throws Exception {
    if (!inBody) {
      super.decodeLast(ctx, in, out);
    }
  }

  /** A length beside a coding is refused, not resolved (RFC 9112 section 6.3, rule 3). */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
  }
}
