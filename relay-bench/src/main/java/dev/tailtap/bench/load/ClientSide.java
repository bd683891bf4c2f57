package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * One client: asks for a stream, checks it, and asks for the next on the same connection, until the
 * load winds up. Confined to one loop.
 */
final class ClientSide extends ChannelInboundHandlerAdapter
    implements EventSink.Listener, LoadRun.Client {
  private static final int HEAD_LIMIT = 8192;

  private final LoadRun run;
  private final int number;
  private final boolean slow;
  private final Chunks chunks = new Chunks();
  private final EventSink check;
  private final StringBuilder head = new StringBuilder();
  private int streams;
  private int abortAfter;
  private boolean inHead;
  private boolean inStream;
  private boolean begun;
  private boolean aborted;
  private long askedAt;
  private long readAt;
  private ChannelHandlerContext ctx;

  ClientSide(LoadRun run, int number) {
    this.run = run;
    this.number = number;
    this.slow = run.isSlow(number);
    this.check = run.newSink(this);
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
    ctx.executor().schedule(this::ask, run.pauseNs(), TimeUnit.NANOSECONDS);
  }

  private void ask() {
    if (!ctx.channel().isActive() || run.windingUp()) {
      ctx.close();
      return;
    }
    int stream = run.streamBegins(number);
    int events = run.eventsOf(number, streams++);
    abortAfter = run.aborts(stream) ? Math.max(1, events / 2) : Integer.MAX_VALUE;
    check.begin(stream);
    chunks.reset();
    head.setLength(0);
    inHead = true;
    inStream = true;
    begun = false;
    byte[] request = run.request(stream, events);
    askedAt = System.nanoTime();
    ctx.writeAndFlush(
        ctx.alloc().directBuffer(request.length).writeBytes(request), ctx.voidPromise());
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
    int at = inHead ? head(room, length) : 0;
    if (at < length && inStream && !inHead) {
      if (!begun) {
        begun = true;
        run.firstByte(askedAt, readAt);
      }
      int end = chunks.feed(room, at, length, check);
      settle(end < length);
    } else if (at < length && !inStream) {
      fail("bytes behind the end of an answer");
    }
  }

  /** Where the body begins, or the end. */
  private int head(byte[] room, int length) {
    for (int i = 0; i < length; i++) {
      head.append((char) room[i]);
      if (room[i] == '\n' && endsWithBlankLine()) {
        inHead = false;
        checkHead();
        return i + 1;
      }
    }
    if (head.length() > HEAD_LIMIT) {
      throw new IllegalStateException("the head of an answer does not end");
    }
    return length;
  }

  private boolean endsWithBlankLine() {
    int n = head.length();
    return n >= 4 && head.charAt(n - 3) == '\n' && head.charAt(n - 4) == '\r';
  }

  private void checkHead() {
    String text = head.toString();
    if (!text.startsWith("HTTP/1.1 200 ")) {
      throw new IllegalStateException("answered: " + text.lines().findFirst().orElse(""));
    }
    if (!text.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")) {
      throw new IllegalStateException("answered without chunks");
    }
  }

  private void settle(boolean more) {
    if (check.wrong() || more) {
      fail(more ? "bytes behind the end of an answer" : "bytes of stream " + number + " differ");
    } else if (chunks.ended()) {
      inStream = false;
      if (check.complete()) {
        run.streamEnded(check.events());
        askSoon();
      } else {
        fail("a stream ended before its [DONE]");
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
