package dev.tailtap.journal;

import java.time.Duration;

/**
 * The measures of a journal.
 *
 * @param segmentBytes size of each file, all of it written before it is needed
 * @param maxBytes budget: no admission while the files take more
 * @param minFreeBytes floor: no admission while the disk has less left for others
 * @param groupBytes most bytes in one write
 * @param groupEntries most entries in one write
 * @param calls most calls that are admitted and not closed on disk
 * @param staged most beginnings of calls that a kill cannot undo and that are in no segment yet
 * @param longCall after how long a call's beginning is written once more, so that it keeps no old
 *     segment
 */
record JournalLimits(
    int segmentBytes,
    long maxBytes,
    long minFreeBytes,
    int groupBytes,
    int groupEntries,
    int calls,
    int staged,
    Duration longCall) {
  private static final int LEAST_SEGMENT = 2 << 20;
  private static final int MOST_SEGMENT = 16 << 20;
  private static final int LEAST_SEGMENTS = 4;
  private static final int STAGED = 511; // half a megabyte, with the header
  private static final long GIB = 1L << 30;

  /** The smallest budget that a journal on a disk can work with. */
  static final long LEAST_BYTES = (long) LEAST_SEGMENTS * LEAST_SEGMENT;

  JournalLimits {
    if (groupBytes > segmentBytes - Segment.HEADER || maxBytes < segmentBytes) {
      throw new IllegalArgumentException("limits that contradict each other");
    }
  }

  /** For a real disk; a budget or a floor of 0 is chosen from its size. */
  static JournalLimits on(long freeBytes, long totalBytes, long budget, long floor, int calls) {
    long maxBytes = budget > 0 ? budget : Math.max(LEAST_BYTES, Math.min(8 * GIB, freeBytes / 5));
    long minFree = floor > 0 ? floor : Math.max(GIB, totalBytes / 20);
    long eighth = maxBytes / 8 & -(1L << 20);
    int segment = (int) Math.max(LEAST_SEGMENT, Math.min(MOST_SEGMENT, eighth));
    return new JournalLimits(
        segment, maxBytes, minFree, 1 << 20, 4096, calls, STAGED, Duration.ofMinutes(10));
  }
}
