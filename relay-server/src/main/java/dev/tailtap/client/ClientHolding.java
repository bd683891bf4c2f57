package dev.tailtap.client;

import dev.tailtap.limits.Holding;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.StreamShare;
import dev.tailtap.loop.Outbound;
import io.netty.channel.Channel;

/**
 * What the relay holds for one client, as the account of memory is told of it, and how much may
 * wait for it in turn. Event loop only.
 */
final class ClientHolding {
  private final Channel channel;
  private final MemoryAccount memory;
  private final Holding holding;
  private StreamShare share; // that the channel was told last; null: as the server has set it
  private boolean waited; // something did for it, when the account was told last

  /**
   * Holds nothing yet.
   *
   * @param cut told, on any thread, when the client holds most and memory is short
   */
  ClientHolding(Channel channel, MemoryAccount memory, Holding.Holder cut) {
    this.channel = channel;
    this.memory = memory;
    holding = memory.open(cut);
  }

  /** Tells the account: what waits for the client, and these bytes. */
  void note(long others) {
    long waiting = Outbound.pendingBytes(channel);
    waited = waiting > 0;
    holding.set(waiting + others);
    bound(memory.share());
  }

  /** Some time has passed, and how much is held has been noted. */
  void sweep() {
    holding.sweep();
  }

  /** Whether what waits for the client may have changed by so much that the account is to know. */
  boolean changes() {
    return waited || Outbound.pendingBytes(channel) > 0;
  }

  /** Nothing is held any more. */
  void close() {
    holding.close();
  }

  private void bound(StreamShare now) {
    if (now != share) {
      share = now;
      channel.config().setWriteBufferWaterMark(now.waterMark());
    }
  }
}
