package dev.tailtap.upstream;

import dev.tailtap.config.ReuseConfig;
import io.netty.channel.Channel;

/**
 * What a pool knows of one connection: where it leads, how old it is, whether it has served. Leased
 * or idle, it is the same entry until the connection closes. Times are those of nanoTime. Event
 * loop only.
 */
final class PoolEntry {
  /** By up to 2.5 % a connection ends before its age, as in HikariCP. */
  private static final double MOST_JITTER = 0.025;

  private final Origin origin;
  private final Channel channel;
  private final long openedNanos;
  private final float ageShare; // of the age that is set
  private ReuseConfig reuse; // of the upstream it was leased for last; null before
  private boolean reused; // by the present lease
  private long idleSinceNanos;

  /**
   * Of a connection that nobody has leased yet.
   *
   * @param jitter from 0 to 1, by chance, so that those of one burst do not end together
   */
  PoolEntry(Origin origin, Channel channel, long openedNanos, double jitter) {
    this.origin = origin;
    this.channel = channel;
    this.openedNanos = openedNanos;
    ageShare = (float) (1 - MOST_JITTER * jitter);
  }

  Origin origin() {
    return origin;
  }

  Channel channel() {
    return channel;
  }

  /** How it is used again is for the upstream to say that leases it. */
  void lease(ReuseConfig lessee) {
    reused = reuse != null;
    reuse = lessee;
  }

  /** The lease is over, and the connection could serve again. */
  void end(long nowNanos) {
    idleSinceNanos = nowNanos;
  }

  /** Whether it served a lease before this one. */
  boolean reused() {
    return reused;
  }

  ReuseConfig reuse() {
    return reuse;
  }

  boolean idleTooLong(long nowNanos) {
    return nowNanos - idleSinceNanos > reuse.idle().toNanos();
  }

  /** Whether it may take no further request of an upstream with these settings. */
  boolean tooOld(ReuseConfig lessee, long nowNanos) {
    return !lessee.age().isZero()
        && nowNanos - openedNanos > lessee.age().toNanos() * (double) ageShare;
  }
}
