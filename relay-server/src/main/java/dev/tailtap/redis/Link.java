package dev.tailtap.redis;

import dev.tailtap.config.RedisAddress;
import dev.tailtap.loop.ShortCause;
import dev.tailtap.loop.Tcp;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * The way of one event loop to the server: it has one connection, and while that is not good for
 * questions nobody asks. After a loss it rests for a second, or longer the more often it fails,
 * then tries once, by connecting and greeting. Event loop only.
 */
final class Link implements Pipe.Owner {
  private static final Duration TRY = Duration.ofSeconds(2);
  private static final long REST_MILLIS = 1_000;
  private static final int MOST_DOUBLINGS = 2;

  private final EventLoop loop;
  private final Target target;
  private final Stats stats;
  private final Watcher watcher;
  private LinkPhase phase = LinkPhase.RESTING; // moved by enter alone
  private Channel channel; // of the present try; null: none yet
  private Pipe pipe; // null before the first try
  private Script script; // null before the first greeting
  private ScheduledFuture<?> trial; // ends the present try
  private int failedTries; // in a row

  /**
   * Where it leads.
   *
   * @param sockets what each connection is made of, but for its loop and its handlers
   * @param patience how long an answer is waited for
   * @param chance from 0 to below 1, for rests that are not all alike
   */
  record Target(
      RedisAddress address,
      AddressResolverGroup<InetSocketAddress> resolver,
      TlsEndpoint tls,
      Bootstrap sockets,
      String source,
      Duration patience,
      DoubleSupplier chance) {
    /** Over sockets of the system. */
    static Target of(
        RedisAddress address,
        AddressResolverGroup<InetSocketAddress> resolver,
        TlsEndpoint tls,
        Transport transport,
        String source,
        Duration patience) {
      Bootstrap sockets =
          new Bootstrap()
              .channel(transport.clientChannel())
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0); // the trial has its own
      Tcp.probe(transport, sockets::option);
      return new Target(
          address,
          resolver,
          tls,
          sockets,
          source,
          patience,
          () -> ThreadLocalRandom.current().nextDouble());
    }
  }

  /** Who hears of its state. */
  interface Watcher {
    /** Questions may be asked. */
    void up();

    /** None may be. */
    void away(String why);
  }

  Link(EventLoop loop, Target target, Stats stats, Watcher watcher) {
    this.loop = loop;
    this.target = target;
    this.stats = stats;
    this.watcher = watcher;
  }

  /** Makes the first try. */
  void open() {
    assert loop.inEventLoop();
    dial();
  }

  /** Lets what was asked leave, and connects no more. */
  void close() {
    assert loop.inEventLoop();
    enter(LinkPhase.CLOSED);
    endTrial();
    if (pipe != null && channel.isActive()) {
      pipe.close();
    } else if (channel != null) {
      channel.close();
    }
  }

  /** Whether a question may be asked now. */
  boolean takes() {
    return phase == LinkPhase.READY;
  }

  /** Whether so many are under way that no more may be asked. */
  boolean full() {
    return pipe.full();
  }

  /** How to call; only while it takes questions, as with {@link #out} and {@link #ask}. */
  Script script() {
    return script;
  }

  ByteBuf out() {
    return pipe.out();
  }

  void ask(Question question, long patienceNanos) {
    pipe.ask(question, patienceNanos);
  }

  @Override
  public void forgotten() {
    if (phase == LinkPhase.READY) {
      enter(LinkPhase.GREETING);
      watcher.away("functions forgotten");
      startTrial();
      greeting().tryCall();
    }
  }

  @Override
  public void closed(Pipe which, String why) {
    if (which == pipe && phase != LinkPhase.CLOSED && phase != LinkPhase.RESTING) {
      rest(why);
    }
  }

  private void dial() {
    if (phase == LinkPhase.CLOSED) {
      return;
    }
    enter(LinkPhase.DIALLING);
    startTrial();
    InetSocketAddress name =
        InetSocketAddress.createUnresolved(target.address().host(), target.address().port());
    target.resolver().getResolver(loop).resolveAll(name).addListener(this::resolved);
  }

  private void resolved(Future<? super List<InetSocketAddress>> names) {
    if (phase != LinkPhase.DIALLING || channel != null) {
      return;
    }
    if (!names.isSuccess()) {
      rest("its name is not known");
      return;
    }
    @SuppressWarnings("unchecked") // the resolver's promise, which addListener has forgotten
    List<InetSocketAddress> addresses = (List<InetSocketAddress>) names.getNow();
    InetSocketAddress next = addresses.get(failedTries % addresses.size());
    // A socket joins a loop between two batches of events: see ARCHITECTURE.md.
    loop.execute(() -> connect(next));
  }

  private void connect(InetSocketAddress at) {
    if (phase != LinkPhase.DIALLING || channel != null) {
      return;
    }
    Pipe made = new Pipe(this, stats);
    pipe = made;
    Bootstrap bootstrap = target.sockets().clone(loop).handler(new Initializer(made));
    ChannelFuture connecting = bootstrap.connect(at);
    channel = connecting.channel();
    connecting.addListener((ChannelFuture done) -> connected(done, made));
  }

  private void connected(ChannelFuture done, Pipe made) {
    if (made != pipe || phase != LinkPhase.DIALLING) {
      done.channel().close();
    } else if (!done.isSuccess()) {
      rest(ShortCause.of(done.cause()));
    } else {
      SslHandler tls = channel.pipeline().get(SslHandler.class);
      if (tls == null) {
        greet();
      } else {
        tls.handshakeFuture().addListener(shake -> secured(shake, made));
      }
    }
  }

  private void secured(Future<?> shake, Pipe made) {
    if (made == pipe && phase == LinkPhase.DIALLING) {
      if (shake.isSuccess()) {
        greet();
      } else {
        made.cut(ShortCause.of(shake.cause()));
      }
    }
  }

  private void greet() {
    enter(LinkPhase.GREETING);
    greeting().begin();
  }

  private Greeting greeting() {
    return new Greeting(pipe, target.address(), target.source(), this::welcomed);
  }

  private void welcomed(Script how) {
    if (phase == LinkPhase.GREETING) {
      script = how;
      failedTries = 0;
      endTrial();
      enter(LinkPhase.READY);
      watcher.up();
    }
  }

  private void startTrial() {
    trial = loop.schedule(this::tooLate, TRY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void endTrial() {
    if (trial != null) {
      trial.cancel(false);
    }
  }

  private void tooLate() {
    if (channel != null && channel.isActive()) {
      boolean unheard = phase == LinkPhase.DIALLING; // there, and no TLS
      pipe.cut(unheard ? "no TLS in time: is it a port without?" : "no answer in time");
    } else {
      rest("no connection in time");
    }
  }

  private void rest(String why) {
    enter(LinkPhase.RESTING); // before whoever waits to be connected hears that it is closed
    endTrial();
    if (channel != null) {
      channel.close();
      channel = null;
    }
    watcher.away(why);
    long millis = REST_MILLIS << Math.min(failedTries++, MOST_DOUBLINGS);
    long spread = (long) (target.chance().getAsDouble() * millis / 8); // relays come one by one
    loop.schedule(this::dial, millis + spread, TimeUnit.MILLISECONDS);
  }

  private void enter(LinkPhase next) {
    assert phase.mayBecome(next) : phase + " to " + next;
    phase = next;
  }

  /** The handlers of a connection. */
  private final class Initializer extends ChannelInitializer<Channel> {
    private final Pipe made;

    Initializer(Pipe made) {
      this.made = made;
    }

    @Override
    protected void initChannel(Channel fresh) {
      if (target.tls() != null) {
        InetSocketAddress name =
            InetSocketAddress.createUnresolved(target.address().host(), target.address().port());
        fresh.pipeline().addLast(target.tls().connect(fresh.alloc(), name, TRY));
      }
      fresh.pipeline().addLast(made);
    }
  }
}
