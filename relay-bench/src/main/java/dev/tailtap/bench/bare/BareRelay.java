package dev.tailtap.bench.bare;

import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;

/**
 * The floor in Netty: a relay that reads and writes, with one loop, and knows nothing of HTTP. One
 * upstream connection per client, on the same loop.
 */
public final class BareRelay {
  private final Transport transport =
      Transport.of(Epoll.isAvailable() ? TransportChoice.EPOLL : TransportChoice.NIO);
  private final int upstreamPort;

  private BareRelay(int upstreamPort) {
    this.upstreamPort = upstreamPort;
  }

  /** Runs until killed; the arguments are the ports: to listen on, and of the upstream. */
  public static void main(String[] args) throws InterruptedException {
    new BareRelay(Integer.parseInt(args[1])).listen(Integer.parseInt(args[0]));
  }

  private void listen(int port) throws InterruptedException {
    EventLoopGroup loops = transport.startLoops(1);
    new ServerBootstrap()
        .group(loops)
        .channel(transport.serverChannel())
        .option(ChannelOption.SO_BACKLOG, 4096)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel client) {
                connect(client);
              }
            })
        .bind("127.0.0.1", port)
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }

  private void connect(Channel client) {
    Side clientSide = new Side();
    Side serverSide = new Side();
    client.pipeline().addLast(clientSide);
    serverSide.peer = client;
    new Bootstrap()
        .group(client.eventLoop())
        .channel(transport.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(serverSide)
        .connect("127.0.0.1", upstreamPort)
        .addListener(
            done -> {
              if (done.isSuccess()) {
                clientSide.peer = serverSide.own;
                client.config().setAutoRead(true);
              } else {
                client.close();
              }
            });
  }

  /** What comes from one side goes to the other; paused while that one is full. */
  private static final class Side extends ChannelInboundHandlerAdapter {
    /** Both set once, before anything is read. */
    private Channel peer;

    private Channel own;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      own = ctx.channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      peer.write(message, peer.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      peer.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (peer != null) {
        peer.config().setAutoRead(ctx.channel().isWritable());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (peer != null) {
        peer.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
