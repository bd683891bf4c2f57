package dev.tailtap.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * Netty's response decoder for heads alone. Outside of a head, buffers pass as they are: those of a
 * body, of which what came in the same read as the head is the first, and those that nobody asked
 * for.
 *
 * <pre>
 * SILENCE ─expectHead─► HEAD ─enterBody─► BODY ─expectSilence─► SILENCE
 * </pre>
 */
final class ResponseHeadDecoder extends HttpResponseDecoder {
  private static final int MAX_HEAD = 64 * 1024;

  private enum Phase {
    SILENCE,
    HEAD,
    BODY
  }

  private Phase phase = Phase.SILENCE;
  private boolean heard; // some byte of the head has come
  private boolean http10; // of the present head

  ResponseHeadDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_HEAD)
            .setMaxHeaderSize(MAX_HEAD)
            .setAllowDuplicateContentLengths(false));
  }

  /** The head is read; from now on it is bytes. */
  void enterBody() {
    phase = Phase.BODY;
    reset(); // forgets the body that the decoder itself is about to expect
  }

  /** A request is on its way; the next bytes are a head. */
  void expectHead() {
    phase = Phase.HEAD;
    heard = false;
  }

  /** The body is over; no byte may come. */
  void expectSilence() {
    phase = Phase.SILENCE;
    heard = false;
  }

  /** Whether bytes are left of the last read: surplus, once a body is over. */
  boolean hasResidue() {
    return actualReadableBytes() > 0;
  }

  /** Whether some byte of the expected head, or of what follows it, has come. */
  boolean heard() {
    return heard;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    if (phase == Phase.HEAD) {
      heard = true;
      super.channelRead(ctx, msg);
    } else {
      ctx.fireChannelRead(msg);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (phase == Phase.HEAD) {
      super.decode(ctx, in, out);
      if (http10 && !out.isEmpty() && out.get(0) instanceof HttpMessage head) {
        head.setProtocolVersion(HttpVersion.HTTP_1_0);
      }
    } else {
      out.add(in.readRetainedSlice(in.readableBytes()));
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
      throws Exception {
    if (phase == Phase.HEAD) {
      super.decodeLast(ctx, in, out);
    }
  }

  /**
   * What is no status line to the letter is a broken message (RFC 9112 section 4). Netty forgives
   * repeated lengths in HTTP/1.0, so it is told of the version only when the fields are read.
   */
  @Override
  protected HttpMessage createMessage(String[] initialLine) {
    boolean version = initialLine[0].matches("HTTP/1\\.\\d");
    boolean reason = initialLine[2].chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 127));
    if (!version || !reason || initialLine[1].length() != 3) {
      throw new IllegalArgumentException("no status line");
    }
    http10 = HttpVersion.HTTP_1_0.text().equals(initialLine[0]);
    String http11 = HttpVersion.HTTP_1_1.text();
    return super.createMessage(new String[] {http11, initialLine[1], initialLine[2]});
  }

  /**
   * A length beside a coding is not resolved but kept, so that it is refused by whoever frames the
   * body (RFC 9112 section 6.3, rule 3); where there is none, as after HEAD, neither matters.
   */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {}
}
