package dev.tailtap.exchange;

import dev.tailtap.stats.Metric;
import dev.tailtap.wire.BodyFraming;
import dev.tailtap.wire.HeadWriter;
import dev.tailtap.wire.HeaderRules;
import dev.tailtap.wire.RelayReply;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One connection of a client: requests one after the other, each an {@link Exchange} or a refusal.
 * What a client sends ahead of its turn is parked, and reading stops until that turn comes. Event
 * loop only.
 *
 * <pre>
 * IDLE ─head─► EXCHANGE ─over─► IDLE …          refusal, bad framing or "close": LINGERING ─► closed
 * </pre>
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements LoopSweep.Swept {
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** A refused body up to this size is read and dropped, so that the connection can be kept. */
  private static final long SMALL_BODY = 64 * 1024;

  private final LoopShare share;
  private final Channel channel;
  private final Intake intake;
  private final ArrayDeque<Object> parked = new ArrayDeque<>(2);

  private Exchange exchange; // null between requests
  private HttpMethod method;
  private boolean http10;
  private boolean keepAlive;
  private boolean closeDelimited; // the end of this connection is the end of the present answer
  private boolean receiving; // a request's head came and its last content did not
  private boolean bodyBlocked; // the upstream takes no more of the body at present
  private boolean lingering; // all is said: what still comes is dropped until the client closes
  private long sinceNanos; // coarse: idle, or lingering, since then

  ClientConnection(LoopShare share, Channel channel) {
    this.share = share;
    this.channel = channel;
    intake = new Intake(share);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    sinceNanos = share.sweep().nowNanos();
    share.sweep().add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (lingering) {
      ReferenceCountUtil.release(msg);
    } else if (!parked.isEmpty() || (exchange != null && !receiving)) {
      parked.addLast(msg);
      applyReading();
    } else {
      take(msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (exchange != null) {
      exchange.uploadReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (exchange != null) {
      exchange.clientWritable(channel.isWritable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    lingering = true;
    releaseParked();
    if (exchange != null) {
      Exchange left = exchange;
      exchange = null;
      left.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    channel.close();
  }

  @Override
  public boolean sweep(long now) {
    if (!channel.isActive()) {
      return false;
    }
    if (lingering) {
      if (now - sinceNanos > LINGER_NANOS) {
        channel.close();
      }
    } else if (exchange == null
        && now - sinceNanos > share.config().limits().clientIdle().toNanos()) {
      channel.close();
    }
    return true;
  }

  @Override
  public void shutdown(boolean now) {
    if (exchange == null) {
      channel.close(); // else the exchange ends it: it knows how, and is told, too
    }
  }

  /** Reads on, or lets the kernel's window fill up, as the upstream takes the body. */
  void setReading(boolean reading) {
    bodyBlocked = !reading;
    applyReading();
  }

  void flush() {
    channel.flush();
  }

  /** Runs something on this connection's loop; from any thread, and nowhere once that has ended. */
  void onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException stopped) {
      // The relay has closed, and all exchanges with it.
    }
  }

  /** Passes an interim answer on; a client of HTTP/1.0 does not know them. */
  void interim(HttpResponse head) {
    if (!http10) {
      channel.write(
          HeadWriter.response(channel.alloc(), head.status())
              .fields(head.headers(), HeaderRules.droppedFromResponse(head.headers(), false))
              .end(),
          channel.voidPromise());
    }
  }

  /**
   * Sends the head of the answer and gives the way for its body.
   *
   * @param hidingWindow 0: nothing is hidden in it
   */
  Delivery deliver(HttpResponse head, BodyFraming framing, int hidingWindow) {
    BodyFraming.Kind kind = framing.kind();
    boolean chunkedIn = kind == BodyFraming.Kind.CHUNKED;
    boolean reframed = kind != BodyFraming.Kind.NONE && (hidingWindow > 0 || (http10 && chunkedIn));
    boolean chunkedOut = !http10 && (reframed || chunkedIn);
    closeDelimited = kind == BodyFraming.Kind.UNTIL_CLOSE ? !chunkedOut : reframed && !chunkedOut;
    keepAlive &= !closeDelimited && exchange.uploaded() && !share.admission().draining();
    HeadWriter out =
        HeadWriter.response(channel.alloc(), head.status())
            .fields(head.headers(), HeaderRules.droppedFromResponse(head.headers(), reframed));
    if (chunkedOut) {
      out.field(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    if (!keepAlive) {
      out.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    channel.write(out.end(), channel.voidPromise());
    return reframed
        ? new ReframedDelivery(channel, chunkedOut, hidingWindow)
        : new RawDelivery(channel, chunkedOut, kind == BodyFraming.Kind.LENGTH);
  }

  /** The exchange has ended in some way other than this client's leaving. */
  void exchangeOver(Ending ending, boolean headSent) {
    boolean reusable = keepAlive && !receiving;
    exchange = null;
    bodyBlocked = false;
    if (!ending.whole() && (headSent || ending.status() == 0)) {
      cut();
      return;
    }
    if (!ending.whole()) {
      share.stats().add(Metric.REFUSED, ending.code(), 1);
      reply(ending, !reusable);
    }
    channel.flush();
    goOn(reusable);
  }

  private void goOn(boolean reusable) {
    if (reusable) {
      next();
    } else {
      linger();
    }
  }

  private void take(Object msg) {
    if (msg instanceof HttpRequest head) {
      receiving = true;
      request(head);
    }
    if (msg instanceof HttpContent content) {
      content(content);
    }
  }

  private void request(HttpRequest head) {
    share.stats().count(Metric.REQUESTS);
    method = head.method();
    http10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
    keepAlive = !http10 && HttpUtil.isKeepAlive(head);
    Ending refusal = intake.judge(head);
    if (refusal == null) {
      if (HttpUtil.is100ContinueExpected(head)) {
        channel.writeAndFlush(RelayReply.carryOn(channel.alloc()), channel.voidPromise());
      }
      exchange = intake.admit(this, channel.alloc());
      exchange.begin();
    } else {
      refuse(refusal, head);
    }
  }

  private void refuse(Ending refusal, HttpRequest head) {
    share.stats().add(Metric.REFUSED, refusal.code(), 1);
    boolean chunked = head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    boolean ambiguous = head.decoderResult().isFailure() || refusal == Ending.BAD_REQUEST;
    boolean close =
        ambiguous || chunked || HttpUtil.getContentLength(head, 0L) > SMALL_BODY || !keepAlive;
    reply(refusal, close);
    channel.flush();
    if (close) {
      linger();
    }
  }

  private void content(HttpContent content) {
    boolean last = content instanceof LastHttpContent;
    boolean bad = content.decoderResult().isFailure();
    receiving = !last && !bad;
    if (exchange != null && !bad) {
      exchange.upload(content.content(), last);
      return;
    }
    content.release();
    if (exchange != null) {
      keepAlive = false;
      exchange.badBody();
    }
  }

  private void reply(Ending ending, boolean close) {
    channel.write(
        RelayReply.error(
            channel.alloc(),
            method,
            ending.status(),
            ending.type(),
            ending.code(),
            ending.message(),
            close),
        channel.voidPromise());
  }

  /** The next request's turn: what was parked first, then what is read. */
  private void next() {
    sinceNanos = share.sweep().nowNanos();
    if (share.admission().draining() && parked.isEmpty()) {
      channel.close();
      return;
    }
    while (!lingering && !parked.isEmpty() && (exchange == null || receiving)) {
      take(parked.pollFirst());
    }
    applyReading();
    if (exchange != null) {
      exchange.uploadReadComplete();
    }
  }

  private void applyReading() {
    channel.config().setAutoRead(!bodyBlocked && parked.isEmpty());
  }

  /** Ends in stages, so that a reset does not overtake the answer (RFC 9112 section 9.6). */
  private void linger() {
    lingering = true;
    sinceNanos = share.sweep().nowNanos();
    releaseParked();
    channel.config().setAutoRead(true);
    if (channel instanceof DuplexChannel duplex && channel.pipeline().get("tls") == null) {
      duplex.shutdownOutput();
    } else {
      channel.close();
    }
  }

  /** Ends without a proper end: where the close itself would be one, by a reset. */
  private void cut() {
    lingering = true;
    releaseParked();
    channel.flush();
    if (closeDelimited) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    channel.close();
  }

  private void releaseParked() {
    parked.forEach(ReferenceCountUtil::release);
    parked.clear();
  }
}
