package dev.tailtap.redis;

import dev.tailtap.config.RedisAddress;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door to buckets that several relays share, in a Redis (5 or newer) or Valkey: one {@link
 * LoopCounters} per event loop, each with a connection of its own. Immutable after construction,
 * thus safe from any thread.
 *
 * <p>Its user needs FCALL and FUNCTION LOAD (before Redis 7 EVALSHA and SCRIPT LOAD), SELECT for
 * another database than 0, TIME, and on <code>{tailtap}*</code> GET, SET, PEXPIRE, ZADD, ZCOUNT,
 * ZREM, ZRANGEBYSCORE and ZREMRANGEBYSCORE.
 */
public final class SharedCounters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedCounters.class);
  private static final long LAST_WORDS_MILLIS = 2_000;

  private final IdentityHashMap<EventExecutor, LoopCounters> counters = new IdentityHashMap<>();
  private final AtomicInteger up = new AtomicInteger(); // loops that may ask

  /**
   * Connects, and goes on without the server as long as it is away.
   *
   * @param resolver of its name, which must not block a loop
   * @param tls null: plain
   * @param patience with each question
   */
  public SharedCounters(
      EventLoopGroup loops,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      RedisAddress address,
      TlsEndpoint tls,
      Duration patience,
      Stats stats) {
    this(
        loops, Link.Target.of(address, resolver, tls, transport, Script.source(), patience), stats);
  }

  /** The same with other Lua. */
  SharedCounters(EventLoopGroup loops, Link.Target target, Stats stats) {
    for (EventExecutor loop : loops) {
      counters.put(loop, new LoopCounters((EventLoop) loop, target, stats, new Watch(target)));
    }
    stats.gauge(Metric.SHARED_UP, "", () -> isUp() ? 1 : 0);
    counters.forEach((loop, each) -> loop.execute(each::open));
  }

  public LoopCounters of(EventLoop loop) {
    return counters.get(loop);
  }

  /** Whether every loop may ask. */
  public boolean isUp() {
    return up.get() == counters.size();
  }

  /** Ends the connections, once what was asked has left; while their loops still run. */
  @Override
  public void close() {
    List<Future<?>> told = new ArrayList<>();
    counters.forEach((loop, each) -> told.add(loop.submit(each::close)));
    told.forEach(one -> one.awaitUninterruptibly(LAST_WORDS_MILLIS));
  }

  /** Counts and logs one loop's state; only that loop calls it. */
  private final class Watch implements Link.Watcher {
    private final Link.Target target;
    private boolean isUp;
    private String reason; // for which it is away, as logged last; null: none was

    Watch(Link.Target target) {
      this.target = target;
    }

    @Override
    public void up() {
      isUp = true;
      reason = null;
      if (up.incrementAndGet() == counters.size()) {
        LOG.info("event=shared_limits_up server={}", target.address());
      }
    }

    @Override
    public void away(String why) {
      boolean first = isUp && up.getAndDecrement() == counters.size();
      boolean news = !isUp && !Objects.equals(reason, why);
      isUp = false;
      if (first || news) {
        reason = why;
        LOG.warn("event=shared_limits_away server={} reason=\"{}\"", target.address(), why);
      }
    }
  }
}
