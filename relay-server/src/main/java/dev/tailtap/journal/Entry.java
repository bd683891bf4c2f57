package dev.tailtap.journal;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What is to be written about a call: that it began, or how it ended. A call may begin anew while
 * it has no end; of its beginnings the last one counts. Offered by any thread; every method is
 * called by the journal's thread alone.
 */
public interface Entry {
  /**
   * So many entries of a call there may be, its end among them: as many places they have in the
   * queue, should nothing be written for a while.
   */
  int MOST_OF_A_CALL = 17;

  /** The call; the same in all of its entries. */
  UUID call();

  /** Whether this is the end of the call. */
  boolean closes();

  /**
   * Writes the content.
   *
   * @param opened the last entry before this one that began the call, if it was begun in this
   *     process; else null
   * @throws java.nio.BufferOverflowException if there is not enough room
   */
  void encode(ByteBuffer out, Entry opened);

  /** Called once: the beginning of a call has been written, or its end is durable. */
  void acknowledge();
}
