package dev.tailtap.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller of the admin port. A request is read, and its body passed over, before it is answered,
 * and the next one is read when the answer is taken; what is sent ahead waits in the socket. An
 * answer goes out in pieces, as they are taken. The port's loop.
 */
final class AdminConnection extends ChannelInboundHandlerAdapter
    implements Responder, LiveFeed.Listener {
  /** What a connection works with, the same for all. */
  record Services(
      Callers callers,
      AdminRouter router,
      Questions questions,
      Questions settings,
      LiveFeed feed) {}

  private static final Logger LOG = LoggerFactory.getLogger(AdminConnection.class);
  private static final int MOST_LINE = 16 << 10;
  private static final int MOST_HEAD = 32 << 10;
  private static final int MOST_BODY = 64 << 10;
  private static final int PIECE = 16 << 10;

  /** RFC 9110 section 5.6.7. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private final Services services;
  private ChannelHandlerContext ctx;
  private Callers.Caller caller; // null: not let in
  private boolean awaitsMessage; // the gate lets one through
  private HttpRequest request; // which is read or answered; null: none
  private long bodyBytes;
  private boolean isLast; // the connection ends with the answer to this request
  private Questions.Waiting waiting; // null: nothing was asked
  private byte[] body; // of the answer, from offset on to be sent; null: none
  private int offset;
  private boolean eventUnderWay;

  AdminConnection(Services services) {
    this.services = services;
  }

  /** Puts the handlers of a connection into its pipeline. */
  void install(ChannelPipeline pipeline) {
    HttpDecoderConfig limits =
        new HttpDecoderConfig().setMaxInitialLineLength(MOST_LINE).setMaxHeaderSize(MOST_HEAD);
    pipeline.addLast(new Arrival(), new HttpServerCodec(limits), new FlowControlHandler(), this);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ctx = context;
    caller = services.callers().enter(ctx.channel());
    if (caller != null) {
      readOn();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (caller != null) {
      caller.left();
      services.feed().leave(this);
      giveUp();
      body = null;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    awaitsMessage = false;
    try {
      if (caller.phase() == Callers.Phase.LEAVING || caller.phase() == Callers.Phase.LISTENING) {
        readOn(); // nobody asks any more; but whether he goes is to be seen
      } else if (message instanceof HttpRequest head) {
        begin(head);
      } else if (message instanceof HttpContent content && request != null) {
        pass(content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /**
   * What was read may have been a part of a message; with the round, the gate forgets who waits.
   */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (awaitsMessage) {
      ctx.read();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (body != null && ctx.channel().isWritable()) {
      sendPieces();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) { // that is a caller who went away
      LOG.error("event=admin_failed", cause);
    }
    context.close();
  }

  @Override
  public void reply(Reply reply) {
    HttpResponse head = head(reply.status(), reply.contentType());
    reply.fields().forEach(head.headers()::set);
    HttpUtil.setContentLength(head, reply.body().length);
    if (isLast) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (!request.protocolVersion().isKeepAliveDefault()) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
    body = isHead() ? new byte[0] : reply.body();
    offset = 0;
    caller.take(body.length);
    ctx.write(head, ctx.voidPromise());
    sendPieces();
  }

  @Override
  public void ask(Question question) {
    ask(services.questions(), question);
  }

  @Override
  public void askSettings(Question question) {
    ask(services.settings(), question);
  }

  private void ask(Questions somebody, Question question) {
    Questions.Waiting asked =
        somebody.ask(question, answer -> ctx.executor().execute(() -> answered(answer)));
    if (asked == null) {
      reply(somebody.busy());
      return;
    }
    waiting = asked;
    ctx.executor()
        .schedule(
            () -> {
              if (asked.take()) {
                answered(somebody.busy());
              }
            },
            somebody.patienceMs(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void stream() {
    if (isHead()) {
      ctx.write(streamHead(), ctx.voidPromise());
      body = new byte[0];
      caller.take(0);
      sendPieces();
    } else if (services.feed().hasRoom()) {
      services.feed().join(this);
      readOn();
    } else {
      reply(
          Reply.error(503, "server_error", "too_many_listeners", "Enough listen; ask again")
              .with("Retry-After", "5"));
    }
  }

  @Override
  public boolean isReady() {
    return !eventUnderWay;
  }

  @Override
  public void onEvent(ByteBuf event) {
    if (caller.phase() != Callers.Phase.LISTENING) {
      caller.move(Callers.Phase.LISTENING);
      ctx.write(streamHead(), ctx.voidPromise());
    }
    eventUnderWay = true;
    ctx.writeAndFlush(new DefaultHttpContent(event))
        .addListener(
            sent -> {
              eventUnderWay = false;
              if (sent.isSuccess()) {
                caller.move(Callers.Phase.LISTENING);
              }
            });
  }

  private void begin(HttpRequest head) {
    caller.move(Callers.Phase.ASKING);
    request = head;
    bodyBytes = 0;
    isLast = !HttpUtil.isKeepAlive(head);
    if (head.decoderResult().isFailure()) {
      isLast = true;
      reply(fault(head.decoderResult().cause()));
    } else if (HttpUtil.is100ContinueExpected(head)) {
      isLast = true; // a body that nobody wants is not asked for
      answer();
    } else {
      readOn();
    }
  }

  /** Passes a part of the body over; after too much of it the answer goes out, and is the last. */
  private void pass(HttpContent content) {
    bodyBytes += content.content().readableBytes();
    if (content.decoderResult().isFailure()) {
      isLast = true;
      reply(fault(content.decoderResult().cause()));
    } else if (bodyBytes > MOST_BODY) {
      isLast = true;
      answer();
    } else if (content instanceof LastHttpContent) {
      answer();
    } else {
      readOn();
    }
  }

  private void readOn() {
    awaitsMessage = true;
    ctx.read();
  }

  private void answer() {
    caller.move(Callers.Phase.WAITING);
    services.router().route(request, this);
  }

  /** By the database, or because it does not come. */
  private void answered(Reply answer) {
    waiting = null;
    if (ctx.channel().isActive()) {
      reply(answer);
    }
  }

  private void giveUp() {
    if (waiting != null) {
      waiting.take();
      waiting = null;
    }
  }

  private void sendPieces() {
    while (offset < body.length && ctx.channel().isWritable()) {
      int size = Math.min(PIECE, body.length - offset);
      ByteBuf piece = Unpooled.wrappedBuffer(body, offset, size);
      offset += size;
      ctx.write(new DefaultHttpContent(piece), ctx.voidPromise());
    }
    if (offset < body.length) {
      ctx.flush();
    } else {
      body = null;
      ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
          .addListener((ChannelFuture sent) -> sent(sent.isSuccess()));
    }
  }

  private void sent(boolean whole) {
    request = null;
    if (!whole) {
      ctx.close();
    } else if (isLast) {
      caller.move(Callers.Phase.LEAVING);
      if (ctx.channel() instanceof DuplexChannel socket) {
        socket.shutdownOutput(); // closing with bytes unread would take the answer back
      }
      readOn();
    } else {
      caller.move(Callers.Phase.IDLE);
      ctx.executor().execute(this::readOn); // others first
    }
  }

  private boolean isHead() {
    return request.method().equals(HttpMethod.HEAD);
  }

  private HttpResponse streamHead() {
    HttpResponse head = head(200, "text/event-stream");
    if (request.protocolVersion().isKeepAliveDefault()) {
      HttpUtil.setTransferEncodingChunked(head, true);
    }
    return head;
  }

  private static HttpResponse head(int status, String contentType) {
    HttpResponse head =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    HttpHeaders fields = head.headers();
    fields.set(HttpHeaderNames.DATE, DATE.format(Instant.now()));
    fields.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    fields.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    fields.set("X-Content-Type-Options", "nosniff");
    return head;
  }

  private static Reply fault(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Reply.invalid(414, "target_too_long", "The request line may have 16 KiB");
    }
    return cause instanceof TooLongHttpHeaderException
        ? Reply.invalid(431, "head_too_large", "The fields may have 32 KiB")
        : Reply.invalid(400, "bad_request", "That is no request of HTTP/1.1");
  }

  /** Sees the first bytes of a request, long before the codec has a message of them. */
  private final class Arrival extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      if (caller != null && caller.phase() == Callers.Phase.IDLE) {
        caller.move(Callers.Phase.ASKING);
      }
      context.fireChannelRead(bytes);
    }
  }
}
