package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * One client: asks for a stream, checks it, and asks for the next on the same connection, until the
 * load winds up. Confined to one loop.
 */
final class ClientSide extends ChannelInboundHandlerAdapter
    implements EventSink.Listener, LoadRun.Client {
  private final LoadRun run;
  private final int number;
  private final boolean slow;
  private final Head head = new Head();
  private final Body body = new Body();
  private final EventSink check;
  private int streams;
  private int abortAfter;
  private boolean inStream;
  private boolean begun;
  private boolean aborted;
  private long askedAt;
  private long readAt;
  private Pour upload; // null: there is none under way
  private ChannelHandlerContext ctx;

  ClientSide(LoadRun run, int number) {
    this.run = run;
    this.number = number;
    this.slow = run.isSlow(number);
    this.check = run.provided().newSink(this);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ctx = context;
    run.connected(this);
    if (slow) {
      ctx.channel().config().setAutoRead(false);
      readSlowly();
    }
    askSoon();
  }

  private void readSlowly() {
    if (ctx.channel().isActive()) {
      ctx.read();
      ctx.executor().schedule(this::readSlowly, 100, TimeUnit.MILLISECONDS);
    }
  }

  /** After a pause: people do not ask in the moment in which an answer ends. */
  private void askSoon() {
    long pauseNs = run.pauseNs();
    if (pauseNs == 0) {
      ask();
      return;
    }
    ctx.executor().schedule(this::ask, pauseNs, TimeUnit.NANOSECONDS);
  }

  private void ask() {
    if (!ctx.channel().isActive() || run.asksNoMore()) {
      ctx.close();
      return;
    }
    int stream = run.streamBegins(number);
    int events = run.eventsOf(number, streams++);
    abortAfter = run.aborts(stream) ? Math.max(1, events / 2) : Integer.MAX_VALUE;
    check.begin(stream);
    head.reset();
    inStream = true;
    begun = false;
    byte[] request = run.request(stream, events);
    askedAt = System.nanoTime();
    ctx.writeAndFlush(
        ctx.alloc().directBuffer(request.length).writeBytes(request), ctx.voidPromise());
    if (run.plan().call().kind() == Call.Kind.UPLOAD) {
      upload = new Pour(ctx.channel(), run.provided().filler(), run.plan().call().bytes());
      upload.pour();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (upload != null && !upload.done()) {
      // Not from within the flush that made the room.
      context.executor().execute(upload::pour);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (aborted) {
      in.release();
      return;
    }
    try {
      readAt = System.nanoTime();
      while (in.isReadable()) {
        byte[] room = run.room();
        int n = Math.min(room.length, in.readableBytes());
        in.readBytes(room, 0, n);
        bytes(room, n);
      }
    } catch (IllegalStateException broken) {
      fail(broken.getMessage());
    } finally {
      in.release();
    }
  }

  private void bytes(byte[] room, int length) {
    int at = 0;
    if (inStream && !head.whole()) {
      at = head.feed(room, 0, length);
      if (!head.whole()) {
        return;
      }
      checkHead();
    }
    if (at < length && inStream) {
      if (!begun) {
        begun = true;
        run.firstByte(askedAt, readAt);
      }
      int end = body.feed(room, at, length, check);
      run.bytes(end - at);
      settle(end < length);
    } else if (at < length) {
      fail("bytes behind the end of an answer");
    }
  }

  private void checkHead() {
    if (!head.startsWith("HTTP/1.1 200 ")) {
      throw new IllegalStateException("answered: " + head.firstLine());
    }
    Call.Kind kind = run.plan().call().kind();
    if (kind == Call.Kind.STREAM && !head.chunked()) {
      throw new IllegalStateException("answered without chunks");
    }
    if (kind == Call.Kind.GZIP && !head.says("content-encoding", "gzip")) {
      throw new IllegalStateException("a packed answer does not say that it is");
    }
    body.beginAnswer(head);
  }

  private void settle(boolean more) {
    if (check.wrong() || more) {
      fail(more ? "bytes behind the end of an answer" : "bytes of stream " + number + " differ");
    } else if (body.ended()) {
      inStream = false;
      if (check.complete() && (upload == null || upload.done())) {
        run.streamEnded(check.events(), askedAt, readAt);
        askSoon();
      } else {
        fail("an answer ended before its end");
      }
    } else if (check.events() >= abortAfter) {
      inStream = false;
      aborted = true;
      run.streamAborted();
      ctx.close();
    }
  }

  @Override
  public void event(long due, long sent) {
    run.received(number, due, sent, readAt);
  }

  private void fail(String why) {
    if (inStream) {
      inStream = false;
      run.streamFailed(why);
    } else {
      run.mistake(why);
    }
    ctx.close();
  }

  @Override
  public boolean comesBack() {
    return aborted;
  }

  @Override
  public void close() {
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (inStream) {
      fail("closed in mid-stream after " + check.events() + " events");
    }
    run.disconnected(this, number);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (inStream) {
      fail(cause.toString());
    }
    context.close();
  }
}
