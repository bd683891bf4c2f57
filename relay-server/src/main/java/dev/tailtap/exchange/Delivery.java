package dev.tailtap.exchange;

import io.netty.buffer.ByteBuf;

/**
 * The way of a response body to its client: the upstream's buffers as they are, or their payload
 * framed anew where that cannot be helped. Nothing is flushed here. Event loop only.
 */
public interface Delivery {
  /** Payload of the buffer that {@link #bytes} brings next, there or in a copy; only borrowed. */
  void payload(ByteBuf buf, int index, int length);

  /** Framing in it that must not go on. */
  void hole(ByteBuf buf, int index, int length);

  /**
   * The buffer itself, told of before; ownership passes.
   *
   * @param last whether {@link #end} follows, so that what would tell the end can be kept for it
   */
  void bytes(ByteBuf buf, int forwardable, boolean last);

  /** The read loop is over: what has come so far, be it the head alone, is written. */
  void readComplete();

  /**
   * Writes the proper end.
   *
   * @param bareTerminator whether the client already has the size line of the last chunk
   */
  void end(boolean bareTerminator);

  /**
   * Writes what shows whether the client is still there, and means nothing to it: a zero in front
   * of the size of a chunk that is to come (RFC 9112 section 7.1).
   *
   * @param betweenChunks whether the upstream's framing has come to such a place
   * @return false: there is nothing that could be written now
   */
  boolean probe(boolean betweenChunks);

  /** Sends a comment where the client stands between two events; whether it does. */
  boolean beat();

  /** Whether an event was in fact hidden. */
  boolean hidAnEvent();

  /** Whether an event was too large to be held until it could be told from the hidden one. */
  boolean exceededWindow();

  /** Bytes held back. */
  long heldBytes();

  /** Releases what is held back. */
  void close();
}
