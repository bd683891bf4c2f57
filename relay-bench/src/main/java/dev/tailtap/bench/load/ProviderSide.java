package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import java.io.IOException;
import java.util.function.Supplier;

/** One connection to the provider: answers each request with the stream that it asks for. */
final class ProviderSide extends SimpleChannelInboundHandler<FullHttpRequest> {
  private final Supplier<LoadRun> current;
  private ProviderStream stream;

  ProviderSide(Supplier<LoadRun> current) {
    this.current = current;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    String body = request.content().toString(US_ASCII);
    LoadRun run = current.get();
    if (run == null) {
      ctx.close();
      return;
    }
    int number = Script.asked(body, "stream");
    stream = new ProviderStream(ctx.channel(), run, number, Script.asked(body, "events"));
    stream.begin();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (stream != null && !stream.ended() && stream.isFirehose()) {
      // Not from within the flush that made the room.
      ctx.executor().execute(stream::pour);
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
