package dev.tailtap.usage;

import io.netty.util.concurrent.FastThreadLocal;

/**
 * What all taps of one event loop share: room to look at bytes that lie outside the heap, a sieve,
 * and what is true of the present read alone. So an open stream that is between two frames holds
 * none of it, and a frame that tells nothing touches little memory of its stream.
 */
final class Scratch {
  private static final FastThreadLocal<Scratch> OF_THREAD =
      new FastThreadLocal<>() {
        @Override
        protected Scratch initialValue() {
          return new Scratch();
        }
      };

  private final byte[] room = new byte[16 * 1024];
  private final byte[] second = new byte[4 * 1024];
  private final Span span = new Span();
  private Sieve spare;
  private KeptFrame fresh; // was kept in the present read loop; null: none was

  /** The calling thread's own. */
  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** Room for a kept frame, which is read while the other room is in use. */
  byte[] second() {
    return second;
  }

  byte[] room() {
    return room;
  }

  /** Where the text of the present feed lies. */
  Span span() {
    return span;
  }

  /** A frame was kept; its read loop goes on. */
  void kept(KeptFrame frame) {
    if (fresh != frame) {
      settle();
    }
    fresh = frame;
  }

  /** The read loop ended. */
  void settle() {
    if (fresh != null) {
      fresh.settle();
      fresh = null;
    }
  }

  /** A sieve at the start of a text; to be given back after its end. */
  Sieve borrow(Shape shape, Tally tally) {
    Sieve sieve = spare == null ? new Sieve() : spare;
    spare = null;
    sieve.begin(shape, tally);
    return sieve;
  }

  void giveBack(Sieve sieve) {
    spare = sieve;
  }
}
