package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads the records of one segment in their order. Where the bytes make no sense it goes on to the
 * next record that does, so that damage costs no more than what it hit. The writer's thread.
 */
final class RecordScan {
  private final ByteBuffer window;
  private JournalFile file;

  /** Where in the file the window begins. */
  private long base;

  /** The next byte to look at, in the window. */
  private int at;

  private int gaps;

  RecordScan(int longestRecord) {
    window = ByteBuffer.allocate(longestRecord + 4096);
  }

  void start(JournalFile newFile, long position) {
    file = newFile;
    base = position;
    at = 0;
    gaps = 0;
    window.clear().limit(0);
  }

  /** Where the next record is looked for. */
  long position() {
    return base + at;
  }

  /** Places in this file where something was that is no record, nor the zeros after the last. */
  int gaps() {
    return gaps;
  }

  /** The next whole record before the limit; null if there is none, with everything read. */
  JournalRecord next(long limit) throws IOException {
    boolean lost = false;
    boolean onlyZeros = true;
    while (fill(1, limit)) {
      int length = recordHere(limit);
      if (length >= 0) {
        JournalRecord record = JournalRecord.read(window, at, length);
        at += JournalRecord.PREFIX + length;
        gaps += lost ? 1 : 0;
        return record;
      }
      lost = true;
      onlyZeros &= window.get(at) == 0;
      at++;
    }
    gaps += onlyZeros ? 0 : 1;
    return null;
  }

  private int recordHere(long limit) throws IOException {
    if (window.get(at) != (byte) (JournalRecord.MAGIC >>> 24)
        || !fill(JournalRecord.PREFIX, limit)) {
      return -1;
    }
    int length = JournalRecord.length(window, at);
    boolean whole = length >= 0 && fill(JournalRecord.PREFIX + length, limit);
    return whole && JournalRecord.intact(window, at, length) ? length : -1;
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
