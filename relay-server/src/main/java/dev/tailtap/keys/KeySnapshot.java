package dev.tailtap.keys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The last keys that were known, in a file that only its owner may read: so a relay starts with
 * them whether or not its database answers. It has hashes and no key. One thread.
 */
final class KeySnapshot {
  private static final String AS_OF = "# as of ";
  private static final String END = "# end ";

  /** What a file has. */
  record Content(List<KeyEntry> entries, Instant asOf) {}

  private final Path file;

  KeySnapshot(Path file) {
    this.file = file;
  }

  /**
   * Reads it.
   *
   * @return null: there is none
   * @throws IOException if it is damaged
   */
  Content read() throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    List<String> lines = Files.readAllLines(file);
    List<String> mistakes = new ArrayList<>();
    List<KeyEntry> entries = KeyLines.read(lines, mistakes);
    boolean whole =
        lines.size() > 1
            && lines.get(0).startsWith(AS_OF)
            && lines.get(lines.size() - 1).equals(END + entries.size());
    if (!whole || !mistakes.isEmpty()) {
      throw new IOException("it is damaged");
    }
    try {
      return new Content(entries, Instant.parse(lines.get(0).substring(AS_OF.length())));
    } catch (DateTimeException e) {
      throw new IOException("it is damaged", e);
    }
  }

  void write(Collection<KeyEntry> entries, Instant asOf) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(AS_OF + asOf);
    entries.forEach(entry -> lines.add(KeyLines.write(entry)));
    lines.add(END + entries.size());
    KeyFile.replace(file, lines);
  }
}
