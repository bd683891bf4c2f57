package dev.tailtap.client;

import dev.tailtap.loop.LoopSweep;
import dev.tailtap.loop.Sweepable;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;

/**
 * Stands alone in the pipeline of a balancer's connection until its PROXY header has come, before
 * TLS. Nothing of the connection exists before that. What is no header, or does not come in time,
 * ends the connection at once, without an answer. Event loop only.
 */
final class ProxyGate extends ChannelInboundHandlerAdapter implements Sweepable {
  /** Who decides what becomes of the connection. */
  interface Keeper {
    /**
     * The header is there: puts the connection's handlers into its pipeline, or closes it.
     *
     * @param source the address that it names; null: none
     */
    void open(Channel channel, byte[] source);

    /**
     * Closes a connection whose header will not come.
     *
     * @param late whether it did not come in time, or what came is none
     */
    void turnAway(Channel channel, boolean late);
  }

  private final Keeper keeper;
  private final LoopSweep sweep;
  private final long patienceNanos;
  private final long sinceNanos;
  private Channel channel;
  private ProxyHeader header = new ProxyHeader(); // null once it is over

  ProxyGate(Keeper keeper, LoopSweep sweep, Duration patience) {
    this.keeper = keeper;
    this.sweep = sweep;
    patienceNanos = patience.toNanos();
    sinceNanos = sweep.nowNanos();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    sweep.add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ByteBuf bytes = (ByteBuf) msg;
    if (header != null) {
      read(ctx, bytes);
    }
    if (header == null && bytes.isReadable() && channel.isActive()) {
      ctx.pipeline().remove(this);
      ctx.fireChannelRead(bytes);
    } else {
      bytes.release();
    }
  }

  /** A round that brought the header alone is none to whoever stands behind. */
  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (header == null) {
      ctx.pipeline().remove(this);
    }
  }

  /** Who closes before a header has come has only looked whether somebody listens. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (header == null) {
      ctx.fireUserEventTriggered(event);
    } else if (event == ChannelInputShutdownEvent.INSTANCE) {
      end();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (header == null) {
      ctx.fireChannelInactive();
    } else {
      end();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  @Override
  public boolean sweep(long nowNanos) {
    if (header != null && nowNanos - sinceNanos > patienceNanos) {
      turnAway(true);
    }
    return header != null && channel.isActive();
  }

  @Override
  public void shutdown(boolean now) {
    if (header != null) {
      header = null;
      channel.close();
    }
  }

  @Override
  public long idleNanos(long nowNanos) {
    return header != null && header.isEmpty() ? nowNanos - sinceNanos : -1;
  }

  private void read(ChannelHandlerContext ctx, ByteBuf bytes) {
    switch (header.read(bytes)) {
      case READING -> {}
      case MALFORMED -> turnAway(false);
      case COMPLETE -> {
        byte[] source = header.source();
        header = null;
        keeper.open(channel, source);
        ctx.fireChannelActive(); // to those that have come
      }
    }
  }

  private void end() {
    if (header.isEmpty()) {
      header = null;
      channel.close();
    } else {
      turnAway(false);
    }
  }

  private void turnAway(boolean late) {
    header = null;
    keeper.turnAway(channel, late);
  }
}
