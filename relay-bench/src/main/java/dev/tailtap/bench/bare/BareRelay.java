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
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * The floor in Netty: a relay that reads and writes, with one loop, and knows nothing of HTTP. One
 * upstream connection per client, on the same loop. TLS on either side, where it is asked for, is
 * that of Tailtap.
 */
public final class BareRelay {
  private final Transport transport =
      Transport.of(Epoll.isAvailable() ? TransportChoice.EPOLL : TransportChoice.NIO);
  private final int upstreamPort;
  private final SslContext clientTls; // null: clients are plain
  private final SslContext upstreamTls; // null: the upstream is plain

  private BareRelay(int upstreamPort, SslContext clientTls, SslContext upstreamTls) {
    this.upstreamPort = upstreamPort;
    this.clientTls = clientTls;
    this.upstreamTls = upstreamTls;
  }

  /**
   * Runs until killed.
   *
   * @param args the ports to listen on and of the upstream; and for TLS the PEM files of the
   *     certificate and its key, and on which sides: {@code client}, {@code upstream}
   */
  public static void main(String[] args) throws InterruptedException, SSLException {
    List<String> sides = List.of(args).subList(Math.min(4, args.length), args.length);
    SslContext clientTls = null;
    SslContext upstreamTls = null;
    if (sides.contains("client")) {
      clientTls = tls(SslContextBuilder.forServer(new File(args[2]), new File(args[3])));
    }
    if (sides.contains("upstream")) {
      upstreamTls = tls(SslContextBuilder.forClient().trustManager(new File(args[2])));
    }
    new BareRelay(Integer.parseInt(args[1]), clientTls, upstreamTls)
        .listen(Integer.parseInt(args[0]));
  }

  private static SslContext tls(SslContextBuilder builder) throws SSLException {
    return builder
        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
        .protocols("TLSv1.3")
        .build();
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
    if (clientTls != null) {
      client.pipeline().addLast(clientTls.newHandler(client.alloc()));
    }
    client.pipeline().addLast(clientSide);
    serverSide.peer = client;
    new Bootstrap()
        .group(client.eventLoop())
        .channel(transport.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel upstream) {
                if (upstreamTls != null) {
                  upstream
                      .pipeline()
                      .addLast(upstreamTls.newHandler(upstream.alloc(), "127.0.0.1", upstreamPort));
                }
                upstream.pipeline().addLast(serverSide);
              }
            })
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
