package dev.tailtap.client;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Takes what still comes and drops it, before anything understands it: unread, it would turn the
 * close into a reset. Without state, so any loop.
 */
@Sharable
final class DiscardHandler extends ChannelInboundHandlerAdapter {
  static final DiscardHandler INSTANCE = new DiscardHandler();

  private DiscardHandler() {}

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ReferenceCountUtil.release(msg);
  }
}
