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
  /** Longer targets than these say nothing that matters after a fault. */
  private static final int MOST_OF_A_LINE = 1024;

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
      refuse(beforeHeaders(in, scan.fault()), in, out);
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
      refuse(BadRequest.of(RequestFault.UNDECODABLE, null, null, null), in, out);
      return;
    }
    if (http10) {
      head.setProtocolVersion(HttpVersion.HTTP_1_0);
    }
    RequestFault fault = RequestRules.violation(head);
    if (fault != null) {
      refuse(BadRequest.of(fault, head.method(), head.uri(), head.headers()), in, out);
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
      refuse(BadRequest.inBody(RequestFault.CHUNK), in, out);
      return;
    }
    in.readerIndex(body.consumed());
    if (body.complete()) {
      phase = Phase.HEAD;
      out.add(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  /** From here on no byte is interpreted. */
  private void refuse(BadRequest why, ByteBuf in, List<Object> out) {
    phase = Phase.DISCARDING;
    in.skipBytes(in.readableBytes());
    out.add(why);
  }

  /** How far the request line tells what was meant, where it came so far, whole or not. */
  private static BadRequest beforeHeaders(ByteBuf in, RequestFault fault) {
    int length = Math.min(MOST_OF_A_LINE, in.readableBytes());
    String begin = in.toString(in.readerIndex(), length, StandardCharsets.US_ASCII);
    String[] line = begin.stripLeading().split("[\r\n]", 2)[0].split(" ", 3);
    HttpMethod method = line.length > 1 && line[0].equals("HEAD") ? HttpMethod.HEAD : null;
    return BadRequest.of(fault, method, line.length > 2 ? line[1] : null, null);
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
