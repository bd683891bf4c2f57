package dev.tailtap.usage;

/** Finds the documents in a body that streams by; one for each way of framing. */
interface Documents {

  /** The next bytes of the body, cut anywhere; the array is only lent. */
  void feed(byte[] text, int from, int to);

  /** The body is over: an open document says what it said so far. To be called once. */
  void end();

  /** Complete documents so far. */
  long count();

  /** Bytes that are held between two feeds. */
  default long heldBytes() {
    return 0;
  }

  /** Whether nothing more of the body is wanted. */
  default boolean isOver() {
    return false;
  }
}
