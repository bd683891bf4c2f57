package dev.tailtap.upstream;

import dev.tailtap.http1.ResponseFault;
import dev.tailtap.http1.ResponseRules;
import dev.tailtap.loop.ShortCause;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * Netty's response decoder, for one head and the interim ones before it. It stands in the pipeline
 * until its head is read, and what it holds then is the beginning of the body. One per answer.
 */
final class ResponseHeadDecoder extends HttpResponseDecoder {
  private static final String VERSION = "HTTP/1."; // and a digit
  private static final int MAX_HEAD = 64 * 1024;
  private static final DefaultHttpHeadersFactory STRICT =
      DefaultHttpHeadersFactory.headersFactory();
  private static final HttpDecoderConfig CONFIG =
      new HttpDecoderConfig()
          .setMaxInitialLineLength(MAX_HEAD)
          .setMaxHeaderSize(MAX_HEAD)
          .setAllowDuplicateContentLengths(true) // if they are the same
          .setHeadersFactory(
              STRICT
                  .withNameValidator(ResponseHeadDecoder::checkName)
                  .withValueValidator(ResponseHeadDecoder::checkValue));

  private boolean heard; // some byte of the head has come
  private boolean http10; // of the present head

  ResponseHeadDecoder() {
    super(CONFIG);
  }

  /** Whether some byte has come. */
  boolean heard() {
    return heard;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    heard = true;
    super.channelRead(ctx, msg);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    super.decode(ctx, in, out);
    if (http10 && !out.isEmpty() && out.get(0) instanceof HttpMessage head) {
      head.setProtocolVersion(HttpVersion.HTTP_1_0);
    }
  }

  /**
   * What is no status line to the letter is a broken message (RFC 9112 section 4). Netty forgives
   * repeated lengths in HTTP/1.0, so it is told of the version only when the fields are read.
   */
  @Override
  protected HttpMessage createMessage(String[] initialLine) {
    boolean ours = isVersion(initialLine[0]);
    if (!ours || !isReason(initialLine[2])) {
      boolean other = initialLine[0].startsWith("HTTP/");
      throw new BrokenHead(ours || !other ? ResponseFault.STATUS_LINE : ResponseFault.VERSION);
    }
    if (!isStatus(initialLine[1])) {
      throw new BrokenHead(ResponseFault.STATUS_CODE);
    }
    http10 = HttpVersion.HTTP_1_0.text().equals(initialLine[0]);
    String http11 = HttpVersion.HTTP_1_1.text();
    return super.createMessage(new String[] {http11, initialLine[1], initialLine[2]});
  }

  private static boolean isVersion(String text) {
    return text.length() == VERSION.length() + 1
        && text.startsWith(VERSION)
        && isDigit(text.charAt(VERSION.length()));
  }

  private static boolean isStatus(String text) {
    return text.length() == 3
        && text.charAt(0) != '0'
        && isDigit(text.charAt(0))
        && isDigit(text.charAt(1))
        && isDigit(text.charAt(2));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isReason(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 127) {
        return false;
      }
    }
    return true;
  }

  /** Whether the connection closed within a head that this decoder has given out. */
  static boolean endedEarly(HttpResponse head) {
    return head.decoderResult().cause() instanceof PrematureChannelClosureException;
  }

  /** What is wrong with a head, with regard to the method of its request; null if nothing is. */
  static ResponseFault fault(HttpMethod request, HttpResponse head) {
    Throwable cause = head.decoderResult().cause();
    BrokenHead broken = ShortCause.find(BrokenHead.class, cause);
    if (broken != null) {
      return broken.fault;
    }
    if (cause instanceof TooLongFrameException) {
      return ResponseFault.HEAD_TOO_LARGE;
    }
    ResponseFault fault = ResponseRules.violation(request, head);
    return fault == null && cause != null ? ResponseFault.UNDECODABLE : fault;
  }

  private static void checkName(CharSequence name) {
    try {
      STRICT.getNameValidator().validateName(name);
    } catch (IllegalArgumentException e) {
      throw new BrokenHead(ResponseFault.FIELD_NAME);
    }
  }

  private static void checkValue(CharSequence value) {
    try {
      STRICT.getValueValidator().validate(value);
    } catch (IllegalArgumentException e) {
      throw new BrokenHead(ResponseFault.FIELD_VALUE);
    }
  }

  /**
   * A length beside a coding is not resolved but kept, so that it is refused by whoever frames the
   * body (RFC 9112 section 6.3, rule 3); where there is none, as after HEAD, neither matters.
   */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {}

  /** Carries a rule through Netty's decoder, which makes a failed message of it. */
  private static final class BrokenHead extends IllegalArgumentException {
    private final ResponseFault fault;

    BrokenHead(ResponseFault fault) {
      super(fault.rule());
      this.fault = fault;
    }
  }
}
