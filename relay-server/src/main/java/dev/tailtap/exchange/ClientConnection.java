package dev.tailtap.exchange;

import dev.tailtap.http1.BadRequest;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Holding;
import dev.tailtap.limits.Refusal;
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
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.RejectedExecutionException;

/**
 * One connection of a client: requests one after the other, each an {@link Exchange} or a refusal.
 * What a client sends ahead of its turn is parked, and reading stops until that turn comes: until
 * the answer before has ended and the client has taken most of it. Event loop only.
 *
 * <pre>
 * IDLE ─head─► ADMITTING ─► EXCHANGE ─over─► IDLE …
 *       refusal, bad framing or "close": LINGERING ─► closed
 * </pre>
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
    implements ClientStream, LoopSweep.Swept {
  private final LoopShare share;
  private final Channel channel;
  private final Intake intake;
  private final Refusals refusals;
  private final Farewell farewell;
  private final Outflow outflow;
  private final ClientClock clock;
  private final Parking parking;
  private final DecoderSlot decoder;
  private final ResponseWriter responses;
  private final Holding holding;
  private ChannelHandlerContext context; // the way to the client: nothing but TLS is before it
  private Exchange exchange; // null between requests
  private HttpRequest admitting; // it waits for its admission; null: none does
  private boolean receiving; // a request's head came and its last content did not
  private boolean halfClosed; // nothing more comes, and it may still take what it asked for
  private boolean waited; // something did for it, when the account was looked at last

  ClientConnection(LoopShare share, Channel channel) {
    this.share = share;
    this.channel = channel;
    ClientNetwork network = ClientNetwork.of(channel.remoteAddress());
    intake = new Intake(share, network);
    refusals = new Refusals(channel, network, share.stats(), share.log());
    farewell = new Farewell(channel);
    outflow = new Outflow(channel, share.config().limits().writeStall(), share.sweep().nowNanos());
    clock = new ClientClock(share.sweep(), share.config().limits(), outflow);
    parking = new Parking(channel);
    decoder = new DecoderSlot(share.config().limits());
    responses = new ResponseWriter(channel);
    holding = share.memory().open(() -> onLoop(() -> turnOut(false)));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    share.sweep().add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    if (farewell.begun()) {
      ReferenceCountUtil.release(msg);
    } else if (msg instanceof ByteBuf) {
      decoder.fill(context, msg);
    } else if (!parking.isEmpty() || !itsTurn()) {
      parking.park(msg);
    } else {
      take(msg);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    refusals.end();
    parking.soon(this::takeParked); // where more was refused at once than in one turn
    if (exchange != null) {
      exchange.uploadReadComplete();
    }
    clock.readComplete(exchange == null && !receiving);
    decoder.readComplete(context);
    account();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent) {
      clock.handshake();
    } else if (event == ChannelInputShutdownEvent.INSTANCE) {
      halfClosed();
    }
  }

  /** Who leaves closes its side, too: only a request that has come whole is still worth it. */
  private void halfClosed() {
    halfClosed = true;
    responses.keepAlive(!parking.isEmpty());
    boolean waits = !farewell.begun() && !receiving && responses.http11() && Tcp.tells(channel);
    if (!waits || (exchange == null ? parking.isEmpty() : !exchange.clientHalfClosed())) {
      channel.close();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      outflow.drained();
      account();
    }
    if (exchange != null) {
      exchange.clientWritable(channel.isWritable());
    } else if (channel.isWritable()) {
      parking.soon(this::takeParked);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    farewell.over();
    holding.close(); // first, for nothing may keep it from that
    parking.release();
    admitting = null;
    if (exchange != null) {
      Exchange left = exchange;
      exchange = null;
      left.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    share.log().unexpected(cause);
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
    boolean waits = exchange != null || admitting != null;
    switch (clock.look(now, waits, exchange != null && channel.isWritable())) {
      case FINE -> {}
      case STALLED -> turnOut(true);
      case HEAD_LATE -> {
        refusals.refuse(HttpMethod.GET, Refusal.HEAD_STALLED, true); // or what it was to become
        linger();
      }
      case IDLE -> farewell.closeNow();
    }
    account();
    return true;
  }

  /** It takes nothing, or else it holds most of what the relay holds for others. */
  private void turnOut(boolean stalled) {
    if (exchange != null) {
      exchange.turnOut(stalled ? Ending.CLIENT_STALLED : Ending.OVERLOADED);
    } else if (channel.isActive()) {
      share.stats().count(stalled ? Label.REFUSED_WRITE_STALL : Label.REFUSED_MEMORY);
      cut(true);
    }
  }

  @Override
  public void shutdown(boolean now) {
    if (exchange != null || (admitting != null && !now)) {
      return; // it ends the connection: it knows how, and is told, too
    }
    if (Outflow.waiting(channel) == 0) {
      channel.close();
    } else if (now) {
      cut(true); // a plain close may look like the end of what waits
    } else if (!farewell.begun()) {
      linger(); // the end of an answer is still to be taken
    }
  }

  @Override
  public long idleNanos(long now) {
    boolean idle = exchange == null && !receiving && decoder.isEmpty() && parking.isEmpty();
    return idle && Outflow.waiting(channel) == 0 ? clock.idleNanos(now) : -1;
  }

  /** Notes what is held for this client, and how much may be. */
  private void account() {
    if (channel.isActive()) {
      long asked = exchange == null ? 0 : exchange.heldBytes();
      long waiting = Outflow.waiting(channel);
      waited = waiting > 0;
      holding.set(waiting + decoder.heldBytes() + parking.bytes() + asked);
      outflow.bound(share.memory().perStream());
    }
  }

  @Override
  public boolean reading() {
    return channel.config().isAutoRead();
  }

  @Override
  public boolean probe() {
    return responses.probe();
  }

  @Override
  public void setReading(boolean reading) {
    parking.block(!reading);
  }

  @Override
  public void flush() {
    context.flush();
    if (waited || Outflow.waiting(channel) > 0) { // else the sweep is soon enough
      account();
    }
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public void onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException stopped) {
      // The relay has closed, and all exchanges with it.
    }
  }

  @Override
  public void interim(HttpResponse head) {
    responses.interim(head);
  }

  @Override
  public Delivery start(HttpResponse head, BodyFraming framing, int hidingWindow, boolean beats) {
    boolean mayKeep = exchange.uploaded() && !share.admission().draining();
    return responses.start(context, head, framing, hidingWindow, beats, mayKeep);
  }

  @Override
  public void exchangeOver(Ending ending, boolean headSent) {
    boolean reusable = responses.keepAlive() && !receiving;
    exchange = null;
    parking.block(false);
    if (!ending.whole() && (headSent || ending.status() == 0)) {
      cut(ending.dropsWhatWaits());
      return;
    }
    if (!ending.whole()) {
      refusals.answer(responses.method(), ending, !reusable);
    }
    flush();
    if (reusable) {
      next();
    } else {
      linger();
    }
  }

  private void take(Object msg) {
    refusals.begin();
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
    share.stats().count(Metric.REQUESTS);
    clock.headTaken();
    responses.begin(head);
    responses.keepAlive(!halfClosed || !parking.isEmpty());
    admitting = head;
    intake.judge(head, this::judged);
  }

  /** Told as a rule before the next of it is read; until then what comes is parked. */
  private void judged(Intake.Verdict verdict) {
    HttpRequest head = admitting;
    admitting = null;
    if (verdict instanceof Intake.Refused refused && head != null) {
      refuse(refused.why(), head);
    } else if (verdict instanceof Intake.Admitted admitted && head == null) {
      admitted.permit().close(); // the client has left meanwhile
    } else if (verdict instanceof Intake.Admitted admitted) {
      if (Refusals.awaitsInvitation(head)) {
        responses.invite();
      }
      exchange = intake.exchange(admitted, this, channel.alloc());
      exchange.begin();
    }
    parking.soon(this::takeParked); // not from within what is being taken
  }

  private void refuse(Refusal refusal, HttpRequest head) {
    boolean close = !responses.keepAlive() || Refusals.endsConnection(head);
    refusals.refuse(responses.method(), refusal, close);
    refusals.flush();
    if (close) {
      linger();
    }
  }

  private void content(HttpContent content) {
    clock.bodyTaken();
    receiving = !(content instanceof LastHttpContent);
    if (exchange != null) {
      exchange.upload(content.content(), !receiving);
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
      exchange.turnOut(Ending.BAD_REQUEST_BODY);
      return;
    }
    if (!inBody) {
      share.stats().count(Metric.REQUESTS);
      refusals.refuse(bad);
    }
    linger(); // and with it flush
  }

  /** The next request's turn: what was parked first, then what is read. */
  private void next() {
    clock.idle();
    if ((share.admission().draining() || halfClosed) && parking.isEmpty()) {
      linger();
      return;
    }
    takeParked();
  }

  private void takeParked() {
    while (!farewell.begun() && !parking.isEmpty() && itsTurn()) {
      take(parking.next());
    }
    refusals.end();
    parking.applyReading();
    if (exchange != null) {
      exchange.uploadReadComplete();
    }
  }

  /** Whether the next that was read is for the present request, or may begin one. */
  private boolean itsTurn() {
    boolean next = exchange == null && channel.isWritable() && !refusals.many();
    return admitting == null && (receiving || next);
  }

  private void linger() {
    clock.linger();
    parking.open();
    farewell.linger();
  }

  private void cut(boolean atOnce) {
    admitting = null;
    clock.linger();
    parking.open();
    farewell.cut(atOnce, responses.closeDelimited());
  }
}
