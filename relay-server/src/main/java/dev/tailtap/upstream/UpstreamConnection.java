package dev.tailtap.upstream;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.BodyScanner;
import dev.tailtap.http1.ChunkWriter;
import dev.tailtap.http1.GatheredSpans;
import dev.tailtap.http1.ResponseFault;
import dev.tailtap.http1.ResponseRules;
import dev.tailtap.loop.Outbound;
import dev.tailtap.loop.ShortCause;
import dev.tailtap.stats.Label;
import dev.tailtap.upstream.UpstreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;

/**
 * Reads what comes on one connection to an upstream: nothing while it is idle, and one response
 * while it is leased. It goes back by itself when request and response are complete and nothing
 * speaks against reuse, and closes otherwise. Event loop only.
 *
 * <pre>
 * IDLE ─lease─► LEASED ─begin─► HEAD ─► BODY ─► IDLE
 *   └─────────────┴───────────────┴───────┴─ abandoned, failed, not to be kept, or closed ─► CLOSED
 * </pre>
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements UpstreamStream {
  private enum Phase {
    IDLE,
    LEASED,
    HEAD,
    BODY,
    CLOSED;

    private boolean leadsTo(Phase next) {
      return switch (this) {
        case IDLE -> next == LEASED || next == CLOSED;
        case LEASED -> next == HEAD || next == CLOSED;
        case HEAD -> next == BODY || next == CLOSED;
        case BODY -> next == IDLE || next == CLOSED;
        case CLOSED -> next == CLOSED; // we close it, and then hear of it
      };
    }
  }

  private final IdleConnections idle;
  private final PoolEntry entry;
  private final Channel channel;
  private final BodyScanner scanner = BodyScanner.ofResponses();
  private final GatheredSpans spans;

  private ChannelHandlerContext context;
  private ResponseHeadDecoder decoder; // null: no head is awaited, and no byte passes it

  private Phase phase = Phase.IDLE;
  private Upstream upstream; // that it is leased for, or was
  private ResponseSink sink; // null unless a response is awaited or read
  private HttpMethod method;
  private BodyFraming.Kind framing;
  private boolean written; // some byte of the request was
  private boolean chunked; // its body
  private boolean requestComplete;
  private boolean keepAlive;
  private Throwable trouble; // the first that was seen; null: none
  private boolean failed; // by an error that ends it: the close that follows is no proper end
  private boolean outputClosed; // it takes nothing more, but may still say something

  /**
   * One that nobody has leased yet.
   *
   * @param idle where it goes between two leases
   * @param spans of its loop
   */
  UpstreamConnection(IdleConnections idle, PoolEntry entry, GatheredSpans spans) {
    this.idle = idle;
    this.entry = entry;
    this.spans = spans;
    channel = entry.channel();
  }

  /** The one whose channel this is. */
  static UpstreamConnection of(Channel channel) {
    return channel.pipeline().get(UpstreamConnection.class);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void begin(ResponseSink reader) {
    enter(Phase.HEAD);
    sink = reader;
    written = false;
    requestComplete = false;
  }

  @Override
  public void head(RequestHead head) {
    written = true;
    method = head.method();
    chunked = head.body().kind() == BodyFraming.Kind.CHUNKED;
    decoder = new ResponseHeadDecoder();
    context.pipeline().addBefore(context.name(), "head", decoder);
    write(head.http1(channel.alloc(), upstream));
  }

  @Override
  public void body(ByteBuf part) {
    if (!part.isReadable()) {
      part.release(); // as a chunk it would be the last
    } else if (chunked) {
      write(ChunkWriter.begin(channel.alloc(), part.readableBytes()));
      write(part);
      write(ChunkWriter.end(channel.alloc()));
    } else {
      write(part);
    }
  }

  @Override
  public void end() {
    if (chunked) {
      write(ChunkWriter.last(channel.alloc()));
    }
    requestComplete = true;
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return outputClosed || channel.isWritable();
  }

  @Override
  public long pendingBytes() {
    return Outbound.pendingBytes(channel);
  }

  @Override
  public boolean reused() {
    return entry.reused();
  }

  @Override
  public boolean closing() {
    return outputClosed || !keepAlive;
  }

  @Override
  public boolean betweenChunks() {
    return phase == Phase.BODY && scanner.betweenChunks();
  }

  @Override
  public void setReading(boolean reading) {
    channel.config().setAutoRead(reading);
  }

  @Override
  public void abandon() {
    sink = null;
    enter(Phase.CLOSED);
    channel.close();
  }

  /** Gives it to a lessee, which begins before this returns. */
  void lease(Upstream leads, Lessee lessee) {
    assert channel.eventLoop().inEventLoop();
    enter(Phase.LEASED);
    upstream = leads;
    entry.lease(upstream.config().reuse());
    lessee.leased(this);
    assert phase != Phase.LEASED : "nobody reads the response";
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (msg == LastHttpContent.EMPTY_LAST_CONTENT) {
      return; // the decoder's own mark of an empty body
    }
    if (sink == null || !written) {
      ReferenceCountUtil.release(msg);
      if (msg instanceof ByteBuf) {
        onUnsolicitedBytes();
      }
    } else if (msg instanceof ByteBuf buf) {
      readBody(buf);
    } else if (msg instanceof HttpResponse head) {
      readHead(head);
    } else {
      ReferenceCountUtil.release(msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (sink != null) {
      sink.readComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (sink != null) {
      sink.upstreamWritable(isWritable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    idle.forget(entry, Label.EVICTED_CLOSED);
    if (sink == null) {
      enter(Phase.CLOSED);
    } else if (phase == Phase.BODY && framing == BodyFraming.Kind.UNTIL_CLOSE && endedInOrder()) {
      finish(false);
    } else {
      fail(lost());
    }
  }

  /**
   * Where it is the request that cannot be written any more, the upstream may have answered early
   * and closed: what it said is still to be read (RFC 9112 section 9.5).
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (followsFromClose(cause)) {
      return;
    }
    if (trouble == null) {
      trouble = cause;
    }
    if (channel instanceof DuplexChannel duplex
        && duplex.isOutputShutdown()
        && !duplex.isInputShutdown()) {
      onOutputClosed();
      return;
    }
    failed = true;
    channel.close();
  }

  /** What was still to be written fails when its channel closes, however properly that was. */
  private boolean followsFromClose(Throwable cause) {
    return !channel.isActive()
        && cause instanceof ClosedChannelException
        && cause.getCause() == null;
  }

  private void onOutputClosed() {
    if (!outputClosed) {
      outputClosed = true;
      if (sink != null) {
        sink.upstreamWritable(true); // whoever sends is not to wait for this
      }
    }
  }

  /** A byte that nobody asked for: who knows what would follow. */
  private void onUnsolicitedBytes() {
    idle.forget(entry, Label.EVICTED_SURPLUS);
    if (sink == null) {
      channel.close();
    } else {
      fail(UpstreamFailure.of(Kind.NO_BYTE, "bytes came before the request"));
    }
  }

  /** The connection ended before the response did. */
  private UpstreamFailure lost() {
    boolean reset = trouble != null && ShortCause.isReset(trouble);
    Kind kind;
    if (phase == Phase.BODY) {
      kind = reset ? Kind.BODY_RESET : Kind.BODY_CUT;
    } else if (decoder != null && decoder.heard()) {
      kind = reset ? Kind.HEAD_RESET : Kind.HEAD_CUT;
    } else {
      kind = reset ? Kind.NO_BYTE_RESET : Kind.NO_BYTE;
    }
    return UpstreamFailure.of(kind, trouble == null ? closedWhere() : ShortCause.of(trouble));
  }

  private String closedWhere() {
    boolean early = phase != Phase.BODY;
    return early ? "closed without a whole head" : "closed within the body";
  }

  /** Over TLS only close_notify is an end; a bare FIN may be anybody's (RFC 8446 section 6.1). */
  private boolean endedInOrder() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return !failed && (tls == null || tls.sslCloseFuture().isSuccess());
  }

  private void readHead(HttpResponse head) {
    if (ResponseHeadDecoder.endedEarly(head)) {
      fail(lost()); // the decoder hears of the close first
      return;
    }
    ResponseFault fault = ResponseHeadDecoder.fault(method, head);
    if (fault != null) {
      fail(UpstreamFailure.badHead(fault));
    } else if (head.status().code() < 200) {
      sink.interim(head);
    } else {
      ResponseRules.mend(head);
      beginBody(head, ResponseRules.framing(method, head));
    }
  }

  private void beginBody(HttpResponse head, BodyFraming body) {
    framing = body.kind();
    keepAlive = HttpUtil.isKeepAlive(head) && framing != BodyFraming.Kind.UNTIL_CLOSE;
    enter(Phase.BODY);
    scanner.begin(body);
    sink.head(head, body);
    // Nothing of it stands in the way of the body, of which it now hands on what it has read. With
    // that the response may be whole, and this leased again by whoever goes on to the next key.
    ResponseHeadDecoder read = decoder;
    decoder = null;
    context.pipeline().remove(read);
    if (phase == Phase.BODY && scanner.complete()) {
      finish(false);
    }
  }

  private void readBody(ByteBuf buf) {
    if (scanner.complete()) { // there is no body, and this came behind the head
      buf.release();
      finish(true);
      return;
    }
    spans.scan(scanner, buf, channel.alloc(), sink);
    if (scanner.malformed()) {
      buf.release();
      fail(UpstreamFailure.badFraming(scanner.fault()));
      return;
    }
    boolean surplus = scanner.consumed() < buf.writerIndex();
    sink.bytes(buf, scanner.forwardable(), scanner.complete());
    if (scanner.complete() && phase == Phase.BODY) {
      finish(surplus);
    }
  }

  /** The response is whole. Surplus: bytes came behind it, which would begin somebody else's. */
  private void finish(boolean surplus) {
    ResponseSink reader = sink;
    sink = null;
    if (surplus) {
      enter(Phase.CLOSED);
      idle.evict(entry, Label.EVICTED_SURPLUS);
    } else if (keepAlive && requestComplete && !outputClosed && channel.isActive()) {
      enter(Phase.IDLE);
      channel.config().setAutoRead(true);
      idle.put(entry, System.nanoTime());
    } else {
      enter(Phase.CLOSED);
      channel.close();
    }
    reader.end(scanner.bareTerminator());
  }

  private void fail(UpstreamFailure why) {
    ResponseSink reader = sink;
    sink = null;
    enter(Phase.CLOSED);
    channel.close();
    reader.failed(why);
  }

  private void write(ByteBuf bytes) {
    channel.write(bytes, channel.voidPromise());
  }

  private void enter(Phase next) {
    assert phase.leadsTo(next) : phase + " to " + next;
    phase = next;
  }
}
