package dev.tailtap.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** What was written to a channel and has not left it. Any thread, then as an estimate. */
public final class Outbound {
  private Outbound() {}

  /**
   * Bytes that are not yet in the kernel's hands, with what Netty needs to hold them; 0 once the
   * channel is closed.
   */
  public static long pendingBytes(Channel channel) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /**
   * The same less what the kernel has of the first buffer, which is held until it has all of it.
   */
  public static long untakenBytes(Channel channel) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
  }
}
