package dev.tailtap.client;

import dev.tailtap.loop.Outbound;
import io.netty.channel.Channel;
import java.time.Duration;

/**
 * Whether a client takes what waits for it. Looked at by each sweep; while nothing is added any
 * decrease is progress. Event loop only.
 */
final class WriteStall {
  private final Channel channel;
  private Duration limit; // zero: none; changes between two requests
  private long waiting;
  private long movedNanos;
  private boolean drained; // since the last look, and may have grown again

  WriteStall(Channel channel, Duration limit, long nowNanos) {
    this.channel = channel;
    movedNanos = nowNanos; // the first look may find it full already
    this.limit = limit;
  }

  /** From now on it may take nothing for so long. */
  void limit(Duration most) {
    limit = most;
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
    waiting = Outbound.untakenBytes(channel);
    if (growing || drained || waiting == 0 || waiting < before) {
      movedNanos = now;
      drained = false;
      return false;
    }
    return !limit.isZero() && now - movedNanos > limit.toNanos();
  }
}
