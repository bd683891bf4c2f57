package dev.tailtap.rig;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/** An event loop whose tasks run when the test says so; what one of them throws is thrown there. */
public final class HandLoop extends AbstractScheduledEventExecutor implements EventLoop {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final Promise<Void> termination = new DefaultPromise<>(this); // never kept
  private final Ticker ticker;

  /** One whose timers nobody runs. */
  public HandLoop() {
    this(Ticker.systemTicker());
  }

  /** One whose timers go by this clock. */
  public HandLoop(Ticker ticker) {
    this.ticker = ticker;
  }

  /** Runs all tasks, and those that they make. */
  public void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** When its next timer is due; below zero: it has none. */
  public long nextTimerNanos() {
    return nextScheduledTaskDeadlineNanos();
  }

  /** Runs the timers that are due, each with the tasks that it makes. */
  public void runTimers() {
    for (Runnable timer = pollScheduledTask(); timer != null; timer = pollScheduledTask()) {
      timer.run();
      Throwable thrown = ((Future<?>) timer).cause();
      if (thrown != null && !(thrown instanceof CancellationException)) {
        throw new IllegalStateException("in a timer", thrown);
      }
      runTasks();
    }
  }

  @Override
  public Ticker ticker() {
    return ticker;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public EventLoopGroup parent() {
    return null;
  }

  @Override
  public EventLoop next() {
    return this;
  }

  @Override
  public ChannelFuture register(Channel channel) {
    return register(new DefaultChannelPromise(channel, this));
  }

  @Override
  public ChannelFuture register(ChannelPromise promise) {
    promise.channel().unsafe().register(this, promise);
    return promise;
  }

  @Override
  @Deprecated
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    channel.unsafe().register(this, promise);
    return promise;
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return true;
  }

  @Override
  public boolean isShuttingDown() {
    return false;
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  @Override
  @Deprecated
  public void shutdown() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<?> terminationFuture() {
    return termination;
  }
}
