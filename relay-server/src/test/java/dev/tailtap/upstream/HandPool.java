package dev.tailtap.upstream;

import dev.tailtap.stats.Stats;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes pools whose connections a test plays. */
public final class HandPool {
  private HandPool() {}

  public static LoopPool of(
      EventLoop loop,
      ChannelFactory<Channel> channels,
      AddressResolverGroup<InetSocketAddress> resolver,
      WriteBufferWaterMark waterMark,
      Stats stats) {
    Bootstrap template =
        new Bootstrap()
            .group(loop)
            .channelFactory(channels)
            .disableResolver()
            .option(ChannelOption.AUTO_CLOSE, false)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark);
    DefaultChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    IdleConnections idle = new IdleConnections(open, Integer.MAX_VALUE, stats, new AtomicInteger());
    return new LoopPool(loop, template, resolver, open, stats, idle);
  }
}
