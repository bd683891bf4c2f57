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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /** That are logged until it is back. */
  private static final int MOST_REASONS = 8;

  private final IdentityHashMap<EventExecutor, LoopCounters> counters = new IdentityHashMap<>();
  private final AtomicInteger up = new AtomicInteger(); // loops that may ask

  /** Why it is away, as logged; by any of the loops, and few. */
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /**
   * Connects, and goes on without the server as long as it is away.
   *
   * @param resolver of its name, which must not block a loop
   * @param tls null: plain
   * @param patience with each question
   * @param relays that have the buckets in common
   */
  public SharedCounters(
      EventLoopGroup loops,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      RedisAddress address,
      TlsEndpoint tls,
      Duration patience,
      int relays,
      Stats stats) {
    this(
        loops,
        Link.Target.of(address, resolver, tls, transport, Script.source(), patience),
        relays,
        stats);
  }

  /** The same with other Lua. */
  SharedCounters(EventLoopGroup loops, Link.Target target, int relays, Stats stats) {
    Untold untold = new Untold(relays);
    for (EventExecutor loop : loops) {
      LoopCounters each =
          new LoopCounters((EventLoop) loop, target, untold, stats, new Watch(target));
      counters.put(loop, each);
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

  /** Counts one loop's state and logs each reason once; only that loop calls it. */
  private final class Watch implements Link.Watcher {
    private final Link.Target target;
    private boolean isUp;

    Watch(Link.Target target) {
      this.target = target;
    }

    @Override
    public void up() {
      isUp = true;
      if (up.incrementAndGet() == counters.size()) {
        logged.clear();
        LOG.info("event=shared_limits_up server={}", target.address());
      }
    }

    @Override
    public void away(String why) {
      if (isUp) {
        isUp = false;
        up.decrementAndGet();
      }
      if (logged.size() < MOST_REASONS && logged.add(why)) {
        LOG.warn("event=shared_limits_away server={} reason=\"{}\"", target.address(), why);
      }
    }
  }
}
