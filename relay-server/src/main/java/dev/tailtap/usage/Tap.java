package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Reads along a response body and keeps what it says of usage, model, id and ending. Never throws,
 * never writes, moves no index and keeps no buffer: of what passes it copies a few hundred bytes.
 * One per exchange; confined to its event loop.
 */
public final class Tap {
  private static final UsageReading UNREADABLE =
      new UsageReading(
          UsageState.UNREADABLE, null, null, null, null, null, null, null, null, null, null, 0);

  private final Scratch scratch = Scratch.ofThread();
  private final Tally tally = new Tally();
  private Frames frames;
  private UsageReading reading;

  /**
   * @param window bytes kept of a frame that must be whole to be read: only of Amazon's binary ones
   */
  public Tap(Dialect dialect, BodyKind kind, ByteBufAllocator alloc, int window) {
    Shape shape = dialect.shape();
    frames =
        switch (kind) {
          case EVENT_STREAM -> new EventFrames(shape, tally, scratch);
          case JSON, UNDECLARED -> new SniffedFrames(shape, tally, scratch);
          case LINES -> new DocumentFrames(shape, tally, scratch, true);
          case AWS_EVENT_STREAM -> new AwsFrames(shape, tally, scratch, window);
          case OPAQUE -> null;
        };
  }

  /** The next bytes of the body, without chunk framing, in order, cut anywhere; only borrowed. */
  public void payload(ByteBuf buf, int index, int length) {
    if (frames == null) {
      return;
    }
    try {
      feed(buf, index, length);
    } catch (RuntimeException bug) {
      tally.unread();
      frames = null;
    }
  }

  private void feed(ByteBuf buf, int index, int length) {
    if (buf.hasArray()) {
      int from = buf.arrayOffset() + index;
      frames.feed(buf.array(), from, from + length);
      return;
    }
    byte[] room = scratch.room();
    int end = index + length;
    for (int i = index; i < end; i += room.length) {
      int n = Math.min(room.length, end - i);
      buf.getBytes(i, room, 0, n);
      frames.feed(room, 0, n);
    }
  }

  /** The read loop ended: nothing to do, since no buffer is kept. */
  public void readComplete() {}

  /**
   * The reading of what has passed; the same again if asked again.
   *
   * @param whole the body came to its proper end
   */
  public UsageReading finish(boolean whole) {
    if (reading == null) {
      reading = read(whole);
    }
    return reading;
  }

  private UsageReading read(boolean whole) {
    try {
      Frames ended = frames;
      frames = null;
      if (ended != null) {
        ended.end();
      }
      return tally.reading(whole, ended == null ? 0 : ended.count());
    } catch (RuntimeException bug) {
      return UNREADABLE;
    }
  }

  /** Ends without a reading; safe after {@link #finish}. */
  public void close() {
    finish(false);
  }

  /** Whether the provider reported an error inside the body. */
  public boolean sawError() {
    return tally.hasError();
  }
}
