package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads the frames of one segment in their order. Where the bytes make no sense it goes on to the
 * next frame that does, so that damage costs no more than what it hit. The writer's thread.
 */
final class FrameScan {
  private final ByteBuffer window;
  private JournalFile file;

  /** Where in the file the window begins. */
  private long base;

  /** The next byte to look at, in the window. */
  private int at;

  private int gaps;

  FrameScan(int longestFrame) {
    window = ByteBuffer.allocate(longestFrame + 4096);
  }

  void start(JournalFile newFile, long position) {
    file = newFile;
    base = position;
    at = 0;
    gaps = 0;
    window.clear().limit(0);
  }

  /** Where the next frame is looked for. */
  long position() {
    return base + at;
  }

  /** Places in this file where something was that is no frame, nor the zeros after the last. */
  int gaps() {
    return gaps;
  }

  /** The next whole frame before the limit; null if there is none, with everything read. */
  Frame next(long limit) throws IOException {
    boolean lost = false;
    boolean onlyZeros = true;
    while (fill(1, limit)) {
      int length = frameHere(limit);
      if (length >= 0) {
        Frame frame = Frame.read(window, at, length);
        at += Frame.PREFIX + length;
        gaps += lost ? 1 : 0;
        return frame;
      }
      lost = true;
      onlyZeros &= window.get(at) == 0;
      at++;
    }
    gaps += onlyZeros ? 0 : 1;
    return null;
  }

  private int frameHere(long limit) throws IOException {
    if (window.get(at) != (byte) (Frame.MAGIC >>> 24) || !fill(Frame.PREFIX, limit)) {
      return -1;
    }
    int length = Frame.length(window, at);
    boolean whole = length >= 0 && fill(Frame.PREFIX + length, limit);
    return whole && Frame.intact(window, at, length) ? length : -1;
  }

  /** Sees to it that so many bytes from here on are in the window; false: the file has less. */
  private boolean fill(int bytes, long limit) throws IOException {
    while (window.limit() - at < bytes) {
      if (window.capacity() - at < bytes) {
        window.position(at).compact().flip();
        base += at;
        at = 0;
      }
      int end = window.limit();
      long room = Math.min(window.capacity() - end, limit - base - end);
      if (room <= 0) {
        return false;
      }
      if (!read((int) room)) {
        return false;
      }
    }
    return true;
  }

  private boolean read(int room) throws IOException {
    int end = window.limit();
    int got = 0;
    try {
      got = file.read(window.limit(end + room).position(end), base + end);
    } finally {
      window.limit(end + Math.max(0, got)).position(0);
    }
    return got > 0;
  }
}
