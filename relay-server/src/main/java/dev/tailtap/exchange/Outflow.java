package dev.tailtap.exchange;

import io.netty.channel.Channel;
import java.time.Duration;

/**
 * Whether a client takes what waits for it. Looked at by each sweep; while nothing is added any
 * decrease is progress. Event loop only, except where stated.
 */
final class Outflow {
  private final Channel channel;
  private final long limitNanos; // 0: none
  private long waiting;
  private long movedNanos;
  private boolean drained; // since the last look, and may have grown again

  Outflow(Channel channel, Duration limit, long nowNanos) {
    this.channel = channel;
    movedNanos = nowNanos; // the first look may find it full already
    limitNanos = limit.toNanos();
  }

  /**
   * Bytes that were written for a client and are not yet in the kernel's hands. Any thread, then as
   * an estimate.
   */
  static long waiting(Channel channel) {
    if (channel.isWritable()) {
      return channel.config().getWriteBufferHighWaterMark() - channel.bytesBeforeUnwritable() + 1;
    }
    long above = channel.bytesBeforeWritable();
    boolean closed = above == 0 || above == Long.MAX_VALUE;
    return closed ? 0 : channel.config().getWriteBufferLowWaterMark() + above - 1;
  }

  /** Whether nothing waits. */
  boolean empty() {
    return waiting == 0;
  }

  /** The client took so much that more may be written. */
  void drained() {
    drained = true;
  }

  /**
   * Notes where it stands.
   *
   * @param growing whether more may have been added meanwhile
   * @return whether the client has taken nothing for too long
   */
  boolean stalled(long now, boolean growing) {
    long before = waiting;
    waiting = waiting(channel);
    if (growing || drained || waiting == 0 || waiting < before) {
      movedNanos = now;
      drained = false;
      return false;
    }
    return limitNanos > 0 && now - movedNanos > limitNanos;
  }
}
