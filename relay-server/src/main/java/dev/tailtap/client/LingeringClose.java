package dev.tailtap.client;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * How a client's connection ends once all is said: in stages, so that a reset does not overtake the
 * answer or those before it (RFC 9112 section 9.6), or at once where nothing more is to be held for
 * it. What the client still sends is to be dropped from then on. Event loop only.
 */
final class LingeringClose {
  private final Channel channel;

  LingeringClose(Channel channel) {
    this.channel = channel;
  }

  /** Ends the output behind all that was written; the client's own end is awaited by the caller. */
  void linger() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> endOutput());
  }

  /** The client may have been slow to take it: what is written after this would be lost. */
  private void endOutput() {
    if (channel.pipeline().get(SslHandler.class) != null) {
      // Not within a read: what is left of it would reach an engine that is closed, and count as
      // the client's own end.
      channel.eventLoop().execute(this::endTls);
    } else {
      endTcp();
    }
  }

  private void endTcp() {
    if (channel instanceof DuplexChannel duplex && !duplex.isInputShutdown()) {
      duplex.shutdownOutput();
    } else {
      closeNow();
    }
  }

  private void endTls() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls != null) { // or the channel has closed meanwhile
      channel
          .pipeline()
          .addFirst(DiscardHandler.INSTANCE); // TLS cannot close one way and read the other
      tls.closeOutbound();
    }
  }

  /**
   * Ends a response without its proper end, behind all that was written, or at once where that is
   * to be dropped. TLS is told nothing: its close_notify would say that all was sent (RFC 8446
   * section 6.1).
   *
   * @param untilClose whether the close would be its proper end, so that only a reset says it is
   *     none
   */
  void cut(boolean atOnce, boolean untilClose) {
    if (!atOnce && !untilClose) {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> cutOutput());
      return;
    }
    channel.flush();
    if (untilClose && channel.isActive()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    closeNow();
  }

  private void cutOutput() {
    if (channel.pipeline().get(SslHandler.class) != null) {
      channel.pipeline().addFirst(DiscardHandler.INSTANCE);
    }
    endTcp();
  }

  /** Closes without a word, also of TLS. */
  void closeNow() {
    channel.pipeline().firstContext().close();
  }
}
