package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DIRECTORY;
import static dev.tailtap.config.ValueType.size;

import java.nio.file.Path;

/**
 * Where records wait for the database.
 *
 * @param dir also holds the key of the tenant fingerprints
 * @param maxBytes 0: chosen from the free space
 * @param minFree what the journal leaves of the disk to others; 0: chosen from its size
 * @param shared whether processes that hand over to each other have it, each a directory of its own
 */
public record JournalConfig(Path dir, long maxBytes, long minFree, boolean shared) {
  static final Setting<Path> DIR =
      Setting.of("journal.dir", DIRECTORY, "data/journal", "Where records wait for the database")
          .atStart();
  static final Setting<Long> MAX_BYTES =
      Setting.of(
              "journal.max-bytes",
              size(0, 1L << 50),
              "0",
              "How much room they may take; 0: a fifth of the free space, 8GiB at most")
          .atStart();
  static final Setting<Long> MIN_FREE =
      Setting.of(
              "journal.min-free",
              size(0, 1L << 50),
              "0",
              "What stays free for others on that disk; 0: 1GiB or a twentieth of it")
          .atStart();

  static JournalConfig of(Settings settings) {
    return new JournalConfig(
        settings.get(DIR),
        settings.get(MAX_BYTES),
        settings.get(MIN_FREE),
        settings.get(ServerConfig.HANDOVER) != null);
  }
}
