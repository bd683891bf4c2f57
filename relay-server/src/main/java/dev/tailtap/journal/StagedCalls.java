package dev.tailtap.journal;

import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Beginnings of calls that are in no segment yet: a file with a slot for each, the lowest that is
 * free, so that few pages are ever dirty. What an event loop has written there outlives a kill of
 * the process, without another thread. By a system call and not into mapped memory: a disk that
 * fails answers that with a signal, of which the JVM dies. A record that is only there in part
 * lacks its checksum, and none of that call had left. Any thread puts; the journal's clears.
 */
final class StagedCalls {
  static final int SLOT = 1 << 10;

  /** There is no room, or the record has none in a slot. */
  static final int NONE = -1;

  private static final long SEQUENCE = 0; // before any in a segment: those count
  private static final int BITS = Long.SIZE;
  private static final ByteBuffer NO_MAGIC = ByteBuffer.allocateDirect(Integer.BYTES);
  private static final ThreadLocal<ByteBuffer> RECORDS =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(SLOT));

  private final JournalFile file;
  private final int slots;
  private final AtomicLongArray free; // a bit for each slot

  /** Of a file full of zeros behind its header, which takes the place of the first slot. */
  StagedCalls(JournalFile file, int slots) {
    this.file = file;
    this.slots = slots;
    free = new AtomicLongArray((slots + BITS - 1) / BITS);
    for (int slot = 0; slot < slots; slot++) {
      give(slot);
    }
  }

  /** How long the file is that has so many slots. */
  static int bytes(int slots) {
    return (slots + 1) * SLOT;
  }

  /**
   * Puts the beginning of a call into a slot, which it has until it is cleared.
   *
   * @throws IOException if it may be there in part, or not at all
   */
  int put(Entry entry) throws IOException {
    ByteBuffer record = RECORDS.get().clear();
    try {
      JournalRecord.write(record, SEQUENCE, entry, null);
    } catch (BufferOverflowException tooLong) {
      return NONE;
    }
    int slot = claim();
    if (slot != NONE) {
      try {
        write(record.flip(), slot);
      } catch (IOException failure) {
        give(slot);
        throw failure;
      }
    }
    return slot;
  }

  /** The call has its beginning in a segment. */
  void clear(int slot) {
    try {
      write(NO_MAGIC.duplicate(), slot);
    } catch (IOException failing) {
      // A restart may find it, and that its row is there; who puts next is told that it fails.
    }
    give(slot);
  }

  private void write(ByteBuffer from, int slot) throws IOException {
    long start = (slot + 1L) * SLOT - from.position();
    while (from.hasRemaining()) {
      file.write(from, start + from.position());
    }
  }

  /** Whether this slot tells that half of them are in use. */
  boolean isLate(int slot) {
    return slot >= slots / 2;
  }

  boolean isEmpty() {
    int left = 0;
    for (int word = 0; word < free.length(); word++) {
      left += Long.bitCount(free.get(word));
    }
    return left == slots;
  }

  private int claim() {
    for (int word = 0; word < free.length(); word++) {
      for (long bits = free.get(word); bits != 0; bits = free.get(word)) {
        long lowest = Long.lowestOneBit(bits);
        if (free.compareAndSet(word, bits, bits ^ lowest)) {
          return word * BITS + Long.numberOfTrailingZeros(lowest);
        }
      }
    }
    return NONE;
  }

  private void give(int slot) {
    free.accumulateAndGet(slot / BITS, 1L << slot % BITS, (bits, bit) -> bits | bit);
  }
}
