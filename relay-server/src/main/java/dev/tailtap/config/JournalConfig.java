package dev.tailtap.config;

import java.nio.file.Path;

/**
 * Where records wait for the database.
 *
 * @param dir also holds the key of the tenant fingerprints
 * @param maxBytes 0: chosen from the free space
 * @param minFree what the journal leaves of the disk to others; 0: chosen from its size
 */
public record JournalConfig(Path dir, long maxBytes, long minFree) {}
