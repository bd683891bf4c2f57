package dev.tailtap.journal;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What is to be written about a call: that it began, or how it ended. Offered by any thread; every
 * method is called by the journal's thread alone.
 */
public interface Entry {
  /** The call; the same in both of its entries. */
  UUID call();

  /** Whether this is the end of the call. */
  boolean closes();

  /**
   * Writes the content.
   *
   * @param opened the entry that began the call, if it was begun in this process; else null
   * @throws java.nio.BufferOverflowException if there is not enough room
   */
  void encode(ByteBuffer out, Entry opened);

  /** Called once: the beginning of a call has been written, or its end is durable. */
  void acknowledge();
}
