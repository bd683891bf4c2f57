package dev.tailtap.client;

import dev.tailtap.loop.Outbound;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.time.Duration;

/**
 * Whether a client takes what waits for it. Looked at by each sweep; while nothing is added any
 * decrease is progress. Event loop only.
 */
final class WriteStall {
  private final Channel channel;
  private final long limitNanos; // 0: none
  private int most; // that may wait; 0: as the server has set it
  private long waiting;
  private long movedNanos;
  private boolean drained; // since the last look, and may have grown again

  WriteStall(Channel channel, Duration limit, long nowNanos) {
    this.channel = channel;
    movedNanos = nowNanos; // the first look may find it full already
    limitNanos = limit.toNanos();
  }

  /** Sets how much may wait before no more is read for the client. */
  void bound(int bytes) {
    if (bytes != most) {
      most = bytes;
      channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(bytes / 2, bytes));
    }
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
    return limitNanos > 0 && now - movedNanos > limitNanos;
  }
}
