package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;

/**
 * Where the text that documents are fed lies: the buffer that it was read into, and how far an
 * index of the text is from one of the buffer. Lent for the time of one feed. Event loop only.
 */
final class Span {
  private ByteBuf buf;
  private int shift;

  /**
   * Lends a buffer.
   *
   * @param shift what to add to an index of the text
   */
  void lend(ByteBuf lent, int shift) {
    buf = lent;
    this.shift = shift;
  }

  /** Keeps a part of the text, as a slice. */
  void keep(int from, int to, int mentioned, RetainedEvent event) {
    event.keep(buf, from + shift, to - from, mentioned);
  }
}
