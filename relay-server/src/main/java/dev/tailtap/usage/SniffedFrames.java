package dev.tailtap.usage;

/**
 * A text whose media type says too little: its first byte tells whether it is JSON or an event
 * stream, and what follows goes to the frames of that. Confined to one event loop.
 */
final class SniffedFrames implements Frames {
  private final Shape shape;
  private final Tally tally;
  private final Scratch scratch;
  private final KeptFrame kept;
  private Frames frames;

  SniffedFrames(Shape shape, Tally tally, Scratch scratch, KeptFrame kept) {
    this.shape = shape;
    this.tally = tally;
    this.scratch = scratch;
    this.kept = kept;
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    int i = from;
    while (frames == null && i < to) {
      byte first = text[i];
      if (first == '{' || first == '[') {
        frames = new DocumentFrames(shape, tally, scratch, false);
      } else if (first > ' ') {
        frames = new EventFrames(shape, tally, scratch, kept);
      } else {
        i++;
      }
    }
    if (frames != null) {
      frames.feed(text, i, to);
    }
  }

  @Override
  public void end() {
    if (frames != null) {
      frames.end();
    }
  }

  @Override
  public long count() {
    return frames == null ? 0 : frames.count();
  }
}
