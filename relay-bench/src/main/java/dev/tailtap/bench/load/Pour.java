package dev.tailtap.bench.load;

import io.netty.channel.Channel;

/** Writes a body of filler as fast as its channel takes it. On the channel's loop. */
final class Pour {
  private static final int PIECE = 32 * 1024;

  private final Channel channel;
  private final Filler filler;
  private final long length;
  private long written;

  Pour(Channel channel, Filler filler, long length) {
    this.channel = channel;
    this.filler = filler;
    this.length = length;
  }

  /** Writes what there is room for; to be called again when there is more. */
  void pour() {
    while (written < length && channel.isActive() && channel.isWritable()) {
      long most = Math.min(PIECE, length - written);
      var piece = filler.piece(written, most);
      written += piece.readableBytes();
      channel.write(piece, channel.voidPromise());
    }
    channel.flush();
  }

  boolean done() {
    return written == length;
  }
}
