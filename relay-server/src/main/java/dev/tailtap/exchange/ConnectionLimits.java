package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections clients may have, in all and by network; and the handler of the listening
 * socket, which stops accepting before upstreams have no file descriptor left: first idle
 * connections make room, and whoever comes then waits in the kernel. Any thread.
 */
@Sharable
final class ConnectionLimits extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimits.class);
  private static final long RETRY_MILLIS = 100;
  private static final long SHED_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long TELL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Admission.Gauge all;
  private final NetworkCounts byNetwork;
  private final Stats stats;
  private final int descriptors;
  private final Runnable shed;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicBoolean paused = new AtomicBoolean();
  private final AtomicLong shedNanos = new AtomicLong(System.nanoTime() - SHED_EVERY_NANOS - 1);
  private volatile long toldNanos; // 0: never
  private volatile Channel listener; // null until it is registered

  /**
   * Opens the door.
   *
   * @param descriptors most connections that there are file descriptors for
   * @param shed has idle connections closed
   */
  ConnectionLimits(LimitsConfig limits, Stats stats, int descriptors, Runnable shed) {
    this.stats = stats;
    this.descriptors = descriptors;
    this.shed = shed;
    all = new Admission.Gauge(limits.connections() == 0 ? Integer.MAX_VALUE : limits.connections());
    byNetwork = new NetworkCounts(limits.connectionsPerAddress());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    listener = ctx.channel();
  }

  /** A connection was accepted. */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    Channel accepted = (Channel) msg;
    accepted.closeFuture().addListener(closed -> left());
    if (open.incrementAndGet() >= descriptors) {
      pause("connections=" + open.get());
    }
    ctx.fireChannelRead(msg);
  }

  /** Accepting itself failed, most likely because others use the descriptors up. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (pause("reason=\"" + cause.getMessage() + "\"")) {
      ctx.executor().schedule(this::resume, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Lets a connection in, until it closes; or closes it at once, which costs the least. */
  boolean admit(Channel channel) {
    ClientNetwork network = ClientNetwork.of(channel.remoteAddress());
    if (!all.enter()) {
      refuse(channel, "connections");
      return false;
    }
    if (!byNetwork.enter(network)) {
      all.leave();
      refuse(channel, "connections-per-address");
      return false;
    }
    channel.closeFuture().addListener(closed -> leave(network));
    return true;
  }

  private boolean pause(String why) {
    if (!paused.compareAndSet(false, true)) {
      return false;
    }
    listener.config().setAutoRead(false);
    stats.count(Metric.ACCEPT_PAUSES);
    long now = System.nanoTime();
    long before = shedNanos.get();
    if (now - before > SHED_EVERY_NANOS && shedNanos.compareAndSet(before, now)) {
      shed.run();
      tell(why, now);
    }
    return true;
  }

  /** It may come and go with each connection. By whoever has set the time of the shedding. */
  private void tell(String why, long now) {
    if (toldNanos == 0 || now - toldNanos > TELL_EVERY_NANOS) {
      toldNanos = now;
      LOG.warn("event=accept_paused {} most={}", why, descriptors);
    }
  }

  private void resume() {
    if (paused.compareAndSet(true, false)) {
      listener.config().setAutoRead(true);
    }
  }

  private void left() {
    if (open.decrementAndGet() < descriptors) {
      resume();
    }
  }

  private void leave(ClientNetwork network) {
    byNetwork.leave(network);
    all.leave();
  }

  private void refuse(Channel channel, String limit) {
    stats.add(Metric.CONNECTIONS_REFUSED, limit, 1);
    channel.close();
  }
}
