package dev.tailtap.client;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.EventExecutor;
import java.util.Collection;
import java.util.EnumSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of the listening socket, which accepts no more than there are file descriptors for,
 * so that upstreams have some left, and no faster than the loops take it: thousands that come at
 * once wait in the kernel, and not in front of the streams that are open. The accepting loop, and
 * any loop to open it again.
 */
final class AcceptGate extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(AcceptGate.class);
  private static final int AT_ONCE = 16; // for each loop, until each has come round
  private static final long RETRY_MILLIS = 100;
  private static final long SHED_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long TELL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private enum Shut {
    /** There are as many connections as there are descriptors for. */
    FULL,
    /** The loops have not come round since the last ones were accepted. */
    BUSY,
    /** The system gives no descriptor. */
    FAILING
  }

  private final int most;
  private final Collection<? extends EventExecutor> loops;
  private final Runnable shed;
  private final Stats stats;
  private final ChannelFutureListener leaving = closed -> left(); // of every connection
  private final EnumSet<Shut> shut = EnumSet.noneOf(Shut.class); // guarded by this
  private final AtomicInteger open = new AtomicInteger();
  private Channel listener; // by the accepting loop, once
  private boolean looking; // again, soon; by the accepting loop
  private int accepted; // since the loops were waited for; by the accepting loop
  private long shedNanos = System.nanoTime() - SHED_EVERY_NANOS - 1; // by the accepting loop
  private long toldNanos = System.nanoTime() - TELL_EVERY_NANOS - 1; // by the accepting loop

  /**
   * Begins open.
   *
   * @param most connections that there are descriptors for
   * @param loops that take what is accepted
   * @param shed has idle connections closed
   */
  AcceptGate(int most, Collection<? extends EventExecutor> loops, Runnable shed, Stats stats) {
    this.most = most;
    this.loops = loops;
    this.shed = shed;
    this.stats = stats;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    listener = ctx.channel();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ((Channel) msg).closeFuture().addListener(leaving);
    boolean full = open.incrementAndGet() >= most;
    ctx.fireChannelRead(msg);
    if (full) {
      shut(Shut.FULL);
      makeRoom("connections=" + most);
      lookAgain(ctx.executor());
      if (open.get() < most) { // one has left meanwhile, and found the gate open
        open(Shut.FULL);
      }
    }
    if (++accepted >= AT_ONCE * loops.size()) {
      accepted = 0;
      shut(Shut.BUSY);
      awaitLoops(new AtomicInteger(loops.size()));
    }
  }

  /** Accepting itself failed, most likely because others use the descriptors up. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    shut(Shut.FAILING);
    makeRoom("reason=\"" + cause.getMessage() + "\"");
    ctx.executor().schedule(() -> open(Shut.FAILING), RETRY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void left() {
    if (open.decrementAndGet() < most) {
      open(Shut.FULL);
    }
  }

  /** It may come to this with each connection, so not each time. */
  private void makeRoom(String why) {
    long now = System.nanoTime();
    if (now - shedNanos > SHED_EVERY_NANOS) {
      shedNanos = now;
      shed.run();
    }
    if (now - toldNanos > TELL_EVERY_NANOS) {
      toldNanos = now;
      LOG.warn("event=accept_paused {}", why);
    }
  }

  /** Who is idle for too short a time now is so for long enough soon. */
  private void lookAgain(EventExecutor own) {
    if (!looking) {
      looking = true;
      own.schedule(() -> stillFull(own), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void stillFull(EventExecutor own) {
    looking = false;
    if (isShut(Shut.FULL)) {
      makeRoom("connections=" + most);
      lookAgain(own);
    }
  }

  private synchronized boolean isShut(Shut why) {
    return shut.contains(why);
  }

  private void awaitLoops(AtomicInteger missing) {
    try {
      loops.forEach(loop -> loop.execute(() -> cameRound(missing)));
    } catch (RejectedExecutionException stopped) {
      open(Shut.BUSY); // the relay closes, and this socket with it
    }
  }

  private void cameRound(AtomicInteger missing) {
    if (missing.decrementAndGet() == 0) {
      open(Shut.BUSY);
    }
  }

  private synchronized void shut(Shut why) {
    if (shut.add(why) && why != Shut.BUSY) {
      stats.count(Metric.ACCEPT_PAUSES);
    }
    listener.config().setAutoRead(false);
  }

  private synchronized void open(Shut why) {
    if (shut.remove(why) && shut.isEmpty()) {
      listener.config().setAutoRead(true);
    }
  }
}
