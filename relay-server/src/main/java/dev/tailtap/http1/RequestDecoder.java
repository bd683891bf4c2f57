package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Turns a client's bytes into requests that keep every rule, or into one {@link BadRequest}, after
 * which it discards all. A head passes our scan, then Netty's decoder, then {@link RequestRules}; a
 * body is the {@link JoinedParts} of each read, its end found by the {@link BodyScanner} that
 * follows answers as well. One for any number of requests of a connection, on its event loop.
 *
 * <pre>
 * HEAD ─passes─► BODY ─complete─► HEAD          any fault: DISCARDING
 * </pre>
 */
public final class RequestDecoder extends HttpRequestDecoder {
  private enum Phase {
    HEAD,
    BODY,
    DISCARDING
  }

  private final RequestHeadScan scan;
  private final BodyScanner body = BodyScanner.ofRequests();
  private Phase phase = Phase.HEAD;
  private boolean http10; // of the present head

  /**
   * Decodes.
   *
   * @param maxHead bytes of a request line, and of all header fields
   * @param maxFields number of header fields
   */
  public RequestDecoder(int maxHead, int maxFields) {
    super(
        new HttpDecoderConfig()
            // Our scan has the say; these only must not come before it.
            .setMaxInitialLineLength(2 * maxHead)
            .setMaxHeaderSize(2 * maxHead)
            .setAllowDuplicateContentLengths(false));
    scan = new RequestHeadScan(maxHead, maxFields);
  }

  /** Whether it holds nothing of a request, so that another decoder could go on as well. */
  public boolean atRest() {
    return phase == Phase.HEAD && actualReadableBytes() == 0;
  }

  /** Bytes of an unfinished head. */
  public int heldBytes() {
    return actualReadableBytes();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    switch (phase) {
      case HEAD -> head(ctx, in, out);
      case BODY -> body(ctx, in, out);
      case DISCARDING -> in.skipBytes(in.readableBytes());
    }
  }

  /** What the client left unfinished is nobody's any more. */
  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    in.skipBytes(in.readableBytes());
  }

  /**
   * Every minor version is read as 1.1: Netty forgives repeated lengths in 1.0 and knows no chunks
   * in 1.2. Which one it was is said afterwards, in {@link #judge}.
   */
  @Override
  protected HttpMessage createMessage(String[] initialLine) throws Exception {
    http10 = HttpVersion.HTTP_1_0.text().equals(initialLine[2]);
    String version = HttpVersion.HTTP_1_1.text();
    return super.createMessage(new String[] {initialLine[0], initialLine[1], version});
  }

  private void head(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    scan.scan(in);
    if (scan.fault() != null) {
      boolean head =
          in.toString(in.readerIndex(), Math.min(5, in.readableBytes()), StandardCharsets.US_ASCII)
              .equals("HEAD ");
      refuse(scan.fault(), head ? HttpMethod.HEAD : null, in, out);
    } else if (scan.complete()) {
      int end = in.readerIndex() + scan.length();
      in.skipBytes(scan.emptyBytes());
      scan.begin();
      super.decode(ctx, in, out);
      judge(in, end, out);
    }
  }

  /** Netty's decoder has put the head, and where it expects no body an end, into the output. */
  private void judge(ByteBuf in, int end, List<Object> out) {
    Object decoded = out.isEmpty() ? null : out.get(0);
    out.clear(); // of what is there, nothing holds a pooled buffer
    reset(); // forgets the body that it is about to expect
    if (!(decoded instanceof HttpRequest head)
        || head.decoderResult().isFailure()
        || in.readerIndex() != end) {
      refuse(RequestFault.UNDECODABLE, null, in, out);
      return;
    }
    if (http10) {
      head.setProtocolVersion(HttpVersion.HTTP_1_0);
    }
    RequestFault fault = RequestRules.violation(head);
    if (fault != null) {
      refuse(fault, head.method(), in, out);
      return;
    }
    out.add(head);
    body.begin(framing(head));
    if (body.complete()) {
      out.add(LastHttpContent.EMPTY_LAST_CONTENT);
    } else {
      phase = Phase.BODY;
    }
  }

  private static BodyFraming framing(HttpRequest head) {
    if (head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return BodyFraming.CHUNKED;
    }
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    return length == null
        ? BodyFraming.NONE
        : BodyFraming.ofLength(BodyFraming.parseLength(length));
  }

  private void body(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    JoinedParts parts = new JoinedParts(ctx.alloc());
    body.scan(in, new Payload(parts));
    parts.compact();
    for (ByteBuf part = parts.take(); part != null; part = parts.take()) {
      out.add(new DefaultHttpContent(part));
    }
    if (body.malformed()) {
      refuse(RequestFault.CHUNK, null, in, out);
      return;
    }
    in.readerIndex(body.consumed());
    if (body.complete()) {
      phase = Phase.HEAD;
      out.add(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  /** From here on no byte is interpreted. */
  private void refuse(RequestFault fault, HttpMethod method, ByteBuf in, List<Object> out) {
    phase = Phase.DISCARDING;
    in.skipBytes(in.readableBytes());
    out.add(new BadRequest(fault, method));
  }

  /** Gathers the payload; extensions and trailers end here (RFC 9112 section 7.1). */
  private record Payload(JoinedParts parts) implements BodyScanner.Spans {
    @Override
    public void payload(ByteBuf buf, int index, int length) {
      parts.add(buf, index, length);
    }

    @Override
    public void hole(ByteBuf buf, int index, int length) {}
  }
}
