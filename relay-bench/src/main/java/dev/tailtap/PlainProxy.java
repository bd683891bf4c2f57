package dev.tailtap;

import dev.tailtap.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * The proxy that one writes first with Netty: codecs on both sides, the request aggregated, a new
 * upstream connection for each, every part of the answer written and flushed as it comes. It checks
 * nothing, counts nothing, and knows no back-pressure.
 */
final class PlainProxy implements AutoCloseable {
  private static final int LARGEST_REQUEST = 1 << 20;

  private final Transport transport;
  private final InetSocketAddress upstream;
  private final EventLoopGroup loops;
  private final Channel server;

  PlainProxy(Transport transport, int upstreamPort) {
    this.transport = transport;
    upstream = new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort);
    loops = transport.startLoops(1);
    server =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverChannel())
            .childHandler(new Pipeline())
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Pipeline extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      channel
          .pipeline()
          .addLast(new HttpServerCodec(), new HttpObjectAggregator(LARGEST_REQUEST), new Front());
    }
  }

  private final class Front extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext client, FullHttpRequest request) {
      FullHttpRequest kept = request.retain();
      new Bootstrap()
          .group(client.channel().eventLoop())
          .channel(transport.clientChannel())
          .handler(new Answers(client))
          .connect(upstream)
          .addListener(
              (ChannelFuture connect) -> {
                if (connect.isSuccess()) {
                  connect.channel().writeAndFlush(kept);
                } else {
                  kept.release();
                  client.close();
                }
              });
    }
  }

  private static final class Answers extends ChannelInitializer<Channel> {
    private final ChannelHandlerContext client;

    Answers(ChannelHandlerContext client) {
      this.client = client;
    }

    @Override
    protected void initChannel(Channel channel) {
      channel.pipeline().addLast(new HttpClientCodec(), new Back(client));
    }
  }

  private static final class Back extends ChannelInboundHandlerAdapter {
    private final ChannelHandlerContext client;

    Back(ChannelHandlerContext client) {
      this.client = client;
    }

    @Override
    public void channelRead(ChannelHandlerContext upstream, Object part) {
      client.writeAndFlush(part);
      if (part instanceof LastHttpContent) {
        upstream.close();
      }
    }
  }
}
