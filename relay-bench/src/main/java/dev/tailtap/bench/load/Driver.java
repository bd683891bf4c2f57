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
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The process that makes the load: the paced provider and the paced clients, on one event loop.
 * Told by lines on standard input ({@code run WORDS}, {@code end}), answers by lines on standard
 * output ({@code ready}, {@code open}, {@code result WORDS}). Ends with its input.
 */
public final class Driver {
  /** After which a relay has seen that its kept connections are gone. */
  private static final int COLD_MS = 400;

  private final Transport transport =
      Transport.of(Epoll.isAvailable() ? TransportChoice.EPOLL : TransportChoice.NIO);
  private final EventLoopGroup loops = transport.startLoops(1);
  private final EventLoop loop = loops.next();
  private final ChannelGroup provided = new DefaultChannelGroup(loop);
  private final Filler filler = new Filler();
  private final DriverTls tls;

  /** The load under way or the last one. Changed on the loop. */
  private LoadRun run;

  private Driver(Path certificate, Path key) throws IOException {
    tls = new DriverTls(certificate, key, () -> run);
  }

  /**
   * Runs until its input ends.
   *
   * @param args the provider's port, 0 or none: any; and its certificate and key, if it shall have
   *     a port for TLS, too
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    boolean withTls = args.length > 2;
    Driver driver =
        new Driver(withTls ? Path.of(args[1]) : null, withTls ? Path.of(args[2]) : null);
    int port = driver.provide(args.length > 0 ? Integer.parseInt(args[0]) : 0, false);
    int tlsPort = withTls ? driver.provide(0, true) : 0;
    print("ready port=" + port + " tls-port=" + tlsPort);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      driver.handle(line);
    }
    System.exit(0);
  }

  private int provide(int port, boolean withTls) throws InterruptedException {
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
                    provided.add(channel);
                    if (withTls) {
                      tls.accept(channel);
                    }
                    channel.pipeline().addLast(new ProviderSide(() -> run));
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
      loop.execute(() -> prepare(plan));
    } else if (line.equals("end")) {
      loop.execute(() -> run.endWindow());
    }
  }

  private void prepare(LoadPlan plan) {
    if (!plan.call().resumed()) {
      tls.forgetSessions();
    }
    if (plan.call().cold()) {
      provided.close();
      loop.schedule(() -> begin(plan), COLD_MS, TimeUnit.MILLISECONDS);
    } else {
      begin(plan);
    }
  }

  private void begin(LoadPlan plan) {
    run =
        new LoadRun(
            plan,
            loop,
            filler,
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
                  tls.dial(channel, plan);
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
