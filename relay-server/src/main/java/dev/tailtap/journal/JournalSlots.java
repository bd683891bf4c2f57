package dev.tailtap.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directories of a journal: the one that the settings name, and those in it for processes that
 * run beside its owner while one hands over to the other. Each is one process's as long as that
 * lives, which its lock says; then, and only then, another may take it over, as a whole: the calls
 * that began in it and did not end have ended with their process. Any thread.
 */
final class JournalSlots {
  private static final int MOST = 16;

  private JournalSlots() {}

  /**
   * Claims the first that nobody owns.
   *
   * @throws IOException says what to do
   */
  static DiskFiles claimFree(Path root) throws IOException {
    for (Path slot : all(root)) {
      DiskFiles files = DiskFiles.claimIfFree(slot);
      if (files != null) {
        return files;
      }
    }
    throw new IOException(
        "%d relays are using the journal in %s: wait until one of them has stopped, or give this one another journal.dir"
            .formatted(MOST, root));
  }

  /**
   * Those that a process may have left with something in them.
   *
   * @param own which is this process's, and none of them: even to look at its lock could lose it
   *     (fcntl(2): a process's locks go with the first descriptor of the file that it closes)
   */
  static List<Path> filled(Path root, Path own) throws IOException {
    List<Path> filled = new ArrayList<>();
    for (Path slot : all(root)) {
      if (!own.equals(slot) && Files.isDirectory(slot) && hasSegments(slot)) {
        filled.add(slot);
      }
    }
    return filled;
  }

  private static List<Path> all(Path root) {
    List<Path> slots = new ArrayList<>();
    slots.add(root);
    for (int number = 1; number < MOST; number++) {
      slots.add(root.resolve("slot-" + number));
    }
    return slots;
  }

  private static boolean hasSegments(Path slot) throws IOException {
    try (Stream<Path> paths = Files.list(slot)) {
      return paths.anyMatch(path -> Segment.numberOf(path.getFileName().toString()) >= 0);
    }
  }
}
