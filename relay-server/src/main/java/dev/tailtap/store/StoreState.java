package dev.tailtap.store;

/**
 * How far the rows are behind, and what is left to wait in.
 *
 * @param databaseUp whether the last contact with the database went well; it is sought every ten
 *     seconds at least
 * @param waitingRows ended calls that are not in the database
 * @param oldestMillis how long ago the oldest of these ended that a batch holds; 0: none does
 * @param journalBytes what the journal's segments take, and how much they may
 * @param freeBytes what its disk has left, and how much of it is for others
 */
public record StoreState(
    boolean databaseUp,
    long waitingRows,
    long oldestMillis,
    long journalBytes,
    long journalMostBytes,
    long freeBytes,
    long leastFreeBytes) {}
