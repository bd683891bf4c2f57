package dev.tailtap.exchange;

import io.netty.channel.Channel;
import java.time.Duration;

/**
 * Whether a client takes what waits for it. Looked at by each sweep while nothing is added, so that
 * any decrease is progress. Event loop only, except where stated.
 */
final class Outflow {
  private final Channel channel;
  private final long limitNanos; // 0: none
  private long waiting;
  private long movedNanos;

  Outflow(Channel channel, Duration limit) {
    this.channel = channel;
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

  /**
   * Notes where it stands.
   *
   * @param growing whether more may have been added meanwhile
   * @return whether the client has taken nothing for too long
   */
  boolean stalled(long now, boolean growing) {
    long before = waiting;
    waiting = waiting(channel);
    if (growing || waiting == 0 || waiting < before) {
      movedNanos = now;
      return false;
    }
    return limitNanos > 0 && now - movedNanos > limitNanos;
  }
}
