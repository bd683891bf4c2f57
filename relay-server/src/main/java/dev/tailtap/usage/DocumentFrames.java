package dev.tailtap.usage;

/**
 * A body of JSON documents: one, several in a list, or one per line. By the line a malformed one
 * costs only itself. Confined to one event loop.
 */
final class DocumentFrames implements Frames {
  private final Shape shape;
  private final Tally tally;
  private final Scratch scratch;
  private final boolean byLine;
  private final Sieve sieve;

  DocumentFrames(Shape shape, Tally tally, Scratch scratch, boolean byLine) {
    this.shape = shape;
    this.tally = tally;
    this.scratch = scratch;
    this.byLine = byLine;
    this.sieve = scratch.borrow(shape, tally);
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    if (!byLine) {
      sieve.feed(text, from, to);
      return;
    }
    int i = from;
    while (i < to) {
      int end = Newlines.next(text, i, to);
      sieve.feed(text, i, end);
      if (end < to && !sieve.isIdle()) {
        sieve.end();
        sieve.begin(shape, tally);
      }
      i = end + 1;
    }
  }

  @Override
  public void end() {
    sieve.end();
    scratch.giveBack(sieve);
  }

  @Override
  public long heldBytes() {
    return sieve.heldBytes();
  }

  @Override
  public long count() {
    return tally.documents();
  }
}
