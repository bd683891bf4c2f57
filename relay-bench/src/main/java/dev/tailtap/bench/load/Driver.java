package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;

/**
 * The process that makes the load: the paced provider and the paced clients, on one event loop.
 * Told by lines on standard input ({@code run WORDS}, {@code end}), answers by lines on standard
 * output ({@code ready}, {@code open}, {@code result WORDS}). Ends with its input.
 */
public final class Driver {
  private final Transport transport =
      Transport.of(Epoll.isAvailable() ? TransportChoice.EPOLL : TransportChoice.NIO);
  private final EventLoopGroup loops = transport.startLoops(1);
  private final EventLoop loop = loops.next();
  private final SslContext tls;

  /** The load under way or the last one. Changed on the loop. */
  private LoadRun run;

  private Driver() throws IOException {
    tls =
        SslContextBuilder.forClient()
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .build();
  }

  /**
   * Runs until its input ends.
   *
   * @param args the provider's port; 0 or none: any
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Driver driver = new Driver();
    int port = driver.provide(args.length > 0 ? Integer.parseInt(args[0]) : 0);
    print("ready port=" + port);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      driver.handle(line);
    }
    System.exit(0);
  }

  private int provide(int port) throws InterruptedException {
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_BACKLOG, 4096)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new HttpRequestDecoder(),
                            new HttpObjectAggregator(1 << 20),
                            new ProviderSide(() -> run));
                  }
                })
            .bind("127.0.0.1", port)
            .sync()
            .channel();
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  private void handle(String line) {
    if (line.startsWith("run ")) {
      LoadPlan plan = LoadPlan.ofLine(line);
      loop.execute(() -> begin(plan));
    } else if (line.equals("end")) {
      loop.execute(() -> run.endWindow());
    }
  }

  private void begin(LoadPlan plan) {
    run =
        new LoadRun(
            plan,
            loop,
            this::dial,
            () -> print("open"),
            result -> print("result " + result.toLine()));
    run.begin();
  }

  private void dial(LoadRun asking, int number) {
    LoadPlan plan = asking.plan();
    new Bootstrap()
        .group(loop)
        .channel(transport.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 30_000)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                if (plan.tls()) {
                  channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                }
                channel.pipeline().addLast(new ClientSide(asking, number));
              }
            })
        .connect(plan.host(), plan.port())
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                asking.notConnected(done.cause());
              }
            });
  }

  private static void print(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
