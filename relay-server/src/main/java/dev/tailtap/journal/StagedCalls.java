package dev.tailtap.journal;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Beginnings of calls that are in no segment yet: a file that is mapped, so that what an event loop
 * has put there outlives a kill of the process at once, with no system call and no other thread.
 * Each lies in a slot of its own, the lowest that is free, so that few pages are ever dirty. A
 * record that is only there in part lacks its checksum, and none of that call had left. Any thread
 * puts; the journal's clears.
 */
final class StagedCalls {
  static final int SLOT = 1 << 10;

  /** There is no room, or the record has none in a slot. */
  static final int NONE = -1;

  private static final long SEQUENCE = 0; // before any in a segment: those count
  private static final int BITS = Long.SIZE;

  private final ByteBuffer[] slots;
  private final AtomicLongArray free; // a bit for each slot

  /** Of a file full of zeros behind its header, which takes the place of the first slot. */
  StagedCalls(ByteBuffer file) {
    int count = file.capacity() / SLOT - 1;
    slots = new ByteBuffer[count];
    free = new AtomicLongArray((count + BITS - 1) / BITS);
    for (int slot = 0; slot < count; slot++) {
      slots[slot] = file.slice((slot + 1) * SLOT, SLOT);
      give(slot);
    }
  }

  /** How long the file is that has so many slots. */
  static int bytes(int slots) {
    return (slots + 1) * SLOT;
  }

  /** Puts the beginning of a call into a slot, which it has until it is cleared. */
  int put(Entry entry) {
    int slot = claim();
    if (slot == NONE) {
      return NONE;
    }
    try {
      JournalRecord.write(slots[slot].clear(), SEQUENCE, entry, null);
      return slot;
    } catch (BufferOverflowException tooLong) {
      clear(slot);
      return NONE;
    } catch (RuntimeException bug) {
      clear(slot);
      throw bug;
    }
  }

  /** The call has its beginning in a segment. */
  void clear(int slot) {
    slots[slot].putInt(0, 0);
    give(slot);
  }

  /** Whether this slot tells that half of them are in use. */
  boolean isLate(int slot) {
    return slot >= slots.length / 2;
  }

  boolean isEmpty() {
    int left = 0;
    for (int word = 0; word < free.length(); word++) {
      left += Long.bitCount(free.get(word));
    }
    return left == slots.length;
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
