package dev.tailtap.usage;

import io.netty.util.concurrent.FastThreadLocal;

/**
 * What all taps of one event loop share: room to look at bytes that lie outside the heap, a
 * scanner, and what is true of the present read alone. So an open stream that is between two events
 * holds none of it, and an event that tells nothing touches little memory of its stream.
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
  private final byte[] second = new byte[4 * 1024]; // while the other room is in use
  private final Span span = new Span();
  private UsageScanner spare;
  private RetainedEvent fresh; // was retained in the present read loop; null: none was

  /** The calling thread's own. */
  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  byte[] room() {
    return room;
  }

  /** Where the text of the present feed lies. */
  Span span() {
    return span;
  }

  /** An event was retained; its read loop goes on. */
  void retained(RetainedEvent event) {
    if (fresh != event) {
      compact();
    }
    fresh = event;
  }

  /** The read loop ended: what was retained in it gives back what it does not need. */
  void compact() {
    if (fresh != null) {
      fresh.compact();
      fresh = null;
    }
  }

  /** Reads a retained event, if there is one, and lets it go. */
  void read(RetainedEvent event, FieldTree tree, UsageMerge merge) {
    if (event.isEmpty()) {
      return;
    }
    UsageScanner scanner = borrow(tree, merge);
    for (int done = 0; done < event.length(); done += second.length) {
      int bytes = Math.min(second.length, event.length() - done);
      event.copy(done, second, bytes);
      scanner.feed(second, 0, bytes);
    }
    scanner.end();
    giveBack(scanner);
    event.release();
  }

  /** A scanner at the start of a text; to be given back after its end. */
  UsageScanner borrow(FieldTree tree, UsageMerge merge) {
    UsageScanner scanner = spare == null ? new UsageScanner() : spare;
    spare = null;
    scanner.begin(tree, merge);
    return scanner;
  }

  void giveBack(UsageScanner scanner) {
    spare = scanner;
  }
}
