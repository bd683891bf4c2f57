package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.function.Supplier;

/** One connection to the provider: answers each request with what the load provides. */
final class ProviderSide extends ChannelInboundHandlerAdapter implements Chunks.Sink {
  private static final int ASKING_LIMIT = 1 << 20;

  private final Supplier<LoadRun> current;
  private final Head head = new Head();
  private final Body body = new Body();
  private final StringBuilder asking = new StringBuilder();
  private LoadRun run; // of the request that is read
  private long uploaded;
  private ProviderStream stream;
  private Pour download; // null: there was none

  ProviderSide(Supplier<LoadRun> current) {
    this.current = current;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      run = current.get();
      while (in.isReadable() && run != null) {
        byte[] room = run.room();
        int n = Math.min(room.length, in.readableBytes());
        in.readBytes(room, 0, n);
        bytes(ctx, room, n);
      }
    } catch (IllegalStateException | IllegalArgumentException broken) {
      run.mistake("a request came wrong: " + broken.getMessage());
      ctx.close();
    } finally {
      in.release();
    }
    if (run == null) {
      ctx.close();
    }
  }

  private void bytes(ChannelHandlerContext ctx, byte[] room, int length) {
    int at = 0;
    while (at < length) {
      if (!head.whole()) {
        at = head.feed(room, at, length);
        if (!head.whole()) {
          return;
        }
        body.beginRequest(head);
        asking.setLength(0);
        uploaded = 0;
      }
      at = body.feed(room, at, length, this);
      if (body.ended()) {
        head.reset();
        answer(ctx);
      }
    }
  }

  @Override
  public void payload(byte[] bytes, int from, int to) {
    if (run.plan().call().kind() != Call.Kind.UPLOAD) {
      if (asking.length() > ASKING_LIMIT) {
        throw new IllegalStateException("it does not end");
      }
      asking.append(new String(bytes, from, to - from, ISO_8859_1));
      return;
    }
    if (!run.provided().filler().matches(uploaded, bytes, from, to)) {
      throw new IllegalStateException("bytes of an upload differ");
    }
    uploaded += to - from;
    run.bytes(to - from);
  }

  private void answer(ChannelHandlerContext ctx) {
    Call call = run.plan().call();
    switch (call.kind()) {
      case STREAM -> {
        int number = asked("stream");
        boolean usage = Script.asksUsage(asking.toString());
        stream = new ProviderStream(ctx.channel(), run, number, asked("events"), usage);
        stream.begin();
      }
      case JSON, GZIP -> answerWhole(ctx, asked("stream"));
      case UPLOAD -> {
        if (uploaded != call.bytes()) {
          throw new IllegalStateException(uploaded + " bytes of an upload");
        }
        answerWhole(ctx, 0);
      }
      case DOWNLOAD -> {
        run.sent();
        byte[] bytes = run.provided().head();
        ctx.write(ctx.alloc().directBuffer(bytes.length).writeBytes(bytes), ctx.voidPromise());
        download = new Pour(ctx.channel(), run.provided().filler(), call.bytes());
        download.pour();
      }
    }
  }

  private int asked(String name) {
    return Script.asked(asking.toString(), name);
  }

  private void answerWhole(ChannelHandlerContext ctx, int call) {
    run.sent();
    ctx.writeAndFlush(run.provided().answer().write(ctx.alloc(), call), ctx.voidPromise());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    // Not from within the flush that made the room.
    if (stream != null && !stream.ended() && stream.isFirehose()) {
      ctx.executor().execute(stream::pour);
    } else if (download != null && !download.done()) {
      ctx.executor().execute(download::pour);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      System.err.println("provider: " + cause);
    }
    ctx.close();
  }
}
