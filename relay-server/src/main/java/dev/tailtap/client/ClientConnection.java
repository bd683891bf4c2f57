package dev.tailtap.client;

import dev.tailtap.exchange.Ending;
import dev.tailtap.exchange.Exchange;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.http1.BadRequest;
import dev.tailtap.http1.ErrorShape;
import dev.tailtap.http1.OwnError;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Denial;
import dev.tailtap.limits.Holding;
import dev.tailtap.limits.Refusal;
import dev.tailtap.loop.Outbound;
import dev.tailtap.loop.Sweepable;
import dev.tailtap.loop.Tcp;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;

/**
 * One connection of a client: requests one after the other, each an {@link Exchange} or a refusal.
 * What a client sends ahead of its turn is parked, and reading stops until that turn comes: until
 * the response before has ended and the client has taken most of it. {@link ConnectionPhase} is the
 * diagram. Event loop only.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
    implements Http1Stream.Turns, Holding.Holder, Sweepable {
  private final LoopResources loop;
  private final Channel channel;
  private final LocalReplies replies;
  private final ClientTimeouts timeouts;
  private final ReadGate readGate;
  private final DecoderSlot decoder;
  private final ResponseWriter responses;
  private final ClientHolding holding;
  private final Http1Stream stream;
  private ChannelHandlerContext context; // the way to the client: nothing but TLS is before it
  private ConnectionPhase phase = ConnectionPhase.IDLE;
  private Exchange exchange; // null unless there is one
  private boolean receiving; // a request's head came and its last content did not
  private boolean halfClosed; // nothing more comes, and it may still take what it asked for

  /**
   * Of a client, or of a balancer for several.
   *
   * @param ofBalancer whether its requests say whose they are
   */
  ClientConnection(LoopResources loop, Channel channel, ClientNetwork network, boolean ofBalancer) {
    this.loop = loop;
    this.channel = channel;
    replies = new LocalReplies(loop, channel, network, ofBalancer);
    timeouts = new ClientTimeouts(loop, channel);
    readGate = new ReadGate(channel);
    decoder = new DecoderSlot(loop.generation());
    responses = new ResponseWriter(channel);
    holding = new ClientHolding(channel, loop.memory(), this);
    stream = new Http1Stream(loop, responses, readGate, this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    stream.attach(ctx);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    loop.sweep().add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    if (phase.over()) {
      ReferenceCountUtil.release(msg);
    } else if (msg instanceof ByteBuf) {
      decoder.fill(context, msg);
    } else if (!readGate.isEmpty() || !itsTurn()) {
      readGate.park(msg);
    } else {
      take(msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    replies.end();
    readGate.soon(
        loop.later(), this::takeParked); // where more was refused at once than in one turn
    if (exchange != null) {
      exchange.requestReadComplete();
    }
    timeouts.readComplete(exchange == null && !receiving);
    decoder.readComplete(context);
    account();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent) {
      timeouts.handshake();
    } else if (event == ChannelInputShutdownEvent.INSTANCE) {
      halfClosed();
    }
  }

  /** Who leaves closes its side, too: only a request that has come whole is still worth it. */
  private void halfClosed() {
    halfClosed = true;
    responses.keepAlive(!readGate.isEmpty());
    boolean waits = !phase.over() && !receiving && responses.http11() && Tcp.tells(channel);
    if (!waits || (exchange == null ? readGate.isEmpty() : !exchange.clientHalfClosed())) {
      channel.close();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      timeouts.drained();
      account();
    }
    if (exchange != null) {
      exchange.clientWritable(channel.isWritable());
    } else if (channel.isWritable()) {
      readGate.soon(loop.later(), this::takeParked);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    holding.close(); // first, for nothing may keep it from that
    readGate.release();
    Exchange left = exchange;
    enter(ConnectionPhase.CLOSED);
    if (left != null) {
      left.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    loop.log().unexpected(cause);
    channel.close();
  }

  @Override
  public boolean sweep(long now) {
    if (!channel.isActive()) {
      return false;
    }
    if (halfClosed && Tcp.reset(channel)) {
      channel.close(); // what was written found nobody
    }
    boolean waits = phase == ConnectionPhase.EXCHANGE || phase == ConnectionPhase.ADMITTING;
    switch (timeouts.look(now, waits, exchange != null && channel.isWritable())) {
      case FINE -> {}
      case STALLED -> turnOut(true);
      case HEAD_LATE -> {
        replies.refuse(HttpMethod.GET, Refusal.HEAD_STALLED, true); // or what it was to become
        linger();
      }
      case IDLE -> new LingeringClose(channel).closeNow();
    }
    account();
    holding.sweep();
    return true;
  }

  @Override
  public void cut() {
    stream.onLoop(() -> turnOut(false));
  }

  /** It takes nothing, or else it holds most of what the relay holds for others. */
  private void turnOut(boolean stalled) {
    if (exchange != null) {
      exchange.abort(stalled ? Ending.CLIENT_STALLED : Ending.OVERLOADED);
    } else if (channel.isActive()) {
      loop.stats().count(stalled ? Label.REFUSED_WRITE_STALL : Label.REFUSED_MEMORY);
      cutShort(true);
    }
  }

  @Override
  public void shutdown(boolean now) {
    if (exchange != null || (phase == ConnectionPhase.ADMITTING && !now)) {
      return; // it ends the connection: it knows how, and is told, too
    }
    if (Outbound.pendingBytes(channel) == 0) {
      channel.close();
    } else if (now) {
      cutShort(true); // a plain close may look like the end of what waits
    } else if (!phase.over()) {
      linger(); // the end of a response is still to be taken
    }
  }

  @Override
  public long idleNanos(long now) {
    boolean idle = exchange == null && !receiving && decoder.isEmpty() && readGate.isEmpty();
    return idle && Outbound.pendingBytes(channel) == 0 ? timeouts.idleNanos(now) : -1;
  }

  /** Notes what is held for this client, and how much may be. */
  private void account() {
    if (channel.isActive()) {
      long asked = exchange == null ? 0 : exchange.heldBytes();
      holding.note(decoder.heldBytes() + readGate.bytes() + asked);
    }
  }

  @Override
  public boolean requestComplete() {
    return exchange.requestComplete();
  }

  @Override
  public void flushed() {
    if (holding.changes()) { // else the sweep is soon enough
      account();
    }
  }

  @Override
  public void exchangeOver(Ending ending, boolean headSent) {
    boolean reusable = responses.keepAlive() && !receiving;
    ErrorShape shape = exchange.errorShape();
    OwnError.Field row = exchange.row();
    enter(ConnectionPhase.IDLE);
    readGate.block(false);
    if (!ending.whole() && (headSent || ending.status() == 0)) {
      cutShort(ending.dropsWhatWaits());
      return;
    }
    if (!ending.whole()) {
      replies.answer(responses.method(), shape, row, ending, !reusable);
    }
    stream.flush();
    if (reusable) {
      next();
    } else {
      linger();
    }
  }

  @Override
  public void exchangeRefused(Denial why) {
    boolean reusable = responses.keepAlive() && !receiving;
    ErrorShape shape = exchange.errorShape();
    enter(ConnectionPhase.IDLE);
    readGate.block(false);
    RequestFilter.Refused refused = new RequestFilter.Refused(why, shape);
    replies.refuse(responses.method(), refused, !reusable);
    stream.flush();
    if (reusable) {
      next();
    } else {
      linger();
    }
  }

  private void take(Object msg) {
    replies.begin();
    if (msg instanceof BadRequest bad) {
      bad(bad);
    } else if (msg instanceof HttpRequest head) {
      receiving = true;
      request(head);
    } else if (msg instanceof HttpContent content) {
      content(content);
    }
  }

  private void request(HttpRequest head) {
    loop.stats().count(Metric.REQUESTS);
    timeouts.headTaken();
    responses.begin(head);
    responses.keepAlive(!halfClosed || !readGate.isEmpty());
    enter(ConnectionPhase.ADMITTING);
    new RequestFilter(loop, replies.client(head)).judge(head, verdict -> judged(head, verdict));
  }

  /** Told as a rule before the next of it is read; until then what comes is parked. */
  private void judged(HttpRequest head, RequestFilter.Verdict verdict) {
    boolean left = phase != ConnectionPhase.ADMITTING; // the client has, meanwhile
    if (verdict instanceof RequestFilter.Refused refused && !left) {
      enter(ConnectionPhase.IDLE);
      refuse(refused, head);
    } else if (verdict instanceof RequestFilter.Admitted admitted && left) {
      admitted.request().giveBack();
    } else if (verdict instanceof RequestFilter.Admitted admitted) {
      responses.inviteIfAwaited(head);
      enter(ConnectionPhase.EXCHANGE);
      exchange = new Exchange(loop, stream, admitted.request());
      exchange.begin();
    }
    readGate.soon(loop.later(), this::takeParked); // not from within what is being taken
  }

  private void refuse(RequestFilter.Refused refused, HttpRequest head) {
    boolean close =
        !responses.keepAlive() || LocalReplies.endsConnection(head) || loop.admission().ending();
    replies.refuse(responses.method(), refused, close);
    replies.flush();
    if (close) {
      linger();
    }
  }

  private void content(HttpContent content) {
    timeouts.bodyTaken();
    receiving = !(content instanceof LastHttpContent);
    if (exchange != null) {
      exchange.requestBody(content.content(), !receiving);
    } else {
      content.release();
    }
  }

  /** The decoder reads no further, so this request, or what is left of it, is the last. */
  private void bad(BadRequest bad) {
    boolean inBody = receiving;
    receiving = false;
    responses.keepAlive(false);
    if (exchange != null) {
      exchange.abort(Ending.BAD_REQUEST_BODY);
      return;
    }
    if (!inBody) {
      loop.stats().count(Metric.REQUESTS);
      replies.refuse(bad);
    }
    linger(); // and with it flush
  }

  /** The next request's turn: what was parked first, then what is read. */
  private void next() {
    timeouts.idle();
    if ((loop.admission().draining() || halfClosed) && readGate.isEmpty()) {
      linger();
      return;
    }
    takeParked();
  }

  private void takeParked() {
    while (!phase.over() && !readGate.isEmpty() && itsTurn()) {
      take(readGate.next());
    }
    replies.end();
    readGate.applyReading();
    if (exchange != null) {
      exchange.requestReadComplete();
    }
  }

  /** Whether the next that was read is for the present request, or may begin one. */
  private boolean itsTurn() {
    return switch (phase) {
      case IDLE -> receiving || (channel.isWritable() && !replies.many());
      case EXCHANGE -> receiving;
      case ADMITTING, LINGERING, CLOSED -> false;
    };
  }

  private void linger() {
    enter(ConnectionPhase.LINGERING);
    timeouts.linger();
    readGate.open();
    new LingeringClose(channel).linger();
  }

  private void cutShort(boolean atOnce) {
    enter(ConnectionPhase.LINGERING);
    timeouts.linger();
    readGate.open();
    new LingeringClose(channel).cut(atOnce, responses.closeDelimited());
  }

  /** The one mover of the phase; what belonged to the one before is gone with it. */
  private void enter(ConnectionPhase next) {
    assert phase.leadsTo(next) : phase + " does not lead to " + next;
    phase = next;
    exchange = null;
  }
}
