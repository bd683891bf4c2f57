package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.compression.DecompressionException;

/**
 * Decodes a body of one content coding: what has come is added, and then decoded until there is no
 * more of it. One per body; event loop only.
 */
interface Codec extends AutoCloseable {
  /** No more comes out at once: so much at most is held that nobody has asked for. */
  int OUTPUT_BUFFER = 16 * 1024;

  /** Where decoded bytes go; only borrowed. */
  interface Reader {
    void read(ByteBuf buf, int index, int length);
  }

  /**
   * The next bytes of the body, once there is no more of those before.
   *
   * @param last whether what is behind them may be gone before more comes
   * @throws DecompressionException if the body is damaged
   */
  void add(ByteBuf buf, int index, int length, boolean last);

  /**
   * Whether {@link #decode} may show something of what was added.
   *
   * @throws DecompressionException if the body is damaged
   */
  boolean hasMore();

  /**
   * Shows the next decoded bytes.
   *
   * @return how many; none, too, where the coding has said something of itself
   * @throws DecompressionException if the body is damaged
   */
  int decode(Reader reader);

  /** Whether the coding has ended; what would follow is none of it. */
  boolean isOver();

  /**
   * Whether it ends here before its end; to be asked once, at the end of the body.
   *
   * @throws DecompressionException if so, too
   */
  boolean isTruncated();

  @Override
  void close();
}
