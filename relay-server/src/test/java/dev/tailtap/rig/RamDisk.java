package dev.tailtap.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Directories in memory, for a server whose data need not outlive its process: to make a database
 * takes a tenth of the time that it takes on a disk. Where there is little room they are on the
 * disk.
 */
public final class RamDisk implements TempDirFactory {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final long ENOUGH_BYTES = 2L << 30;
  private static final Pattern NAME = Pattern.compile("tailtap-test-(\\d+)-.*");

  /** For {@code @TempDir}. */
  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test)
      throws IOException {
    return directory();
  }

  /** A new and empty directory; what processes left that were killed is removed. */
  public static Path directory() throws IOException {
    if (!Files.isWritable(SHARED_MEMORY)
        || Files.getFileStore(SHARED_MEMORY).getUsableSpace() < ENOUGH_BYTES) {
      return Files.createTempDirectory("tailtap-test");
    }
    removeLeftovers();
    String prefix = "tailtap-test-" + ProcessHandle.current().pid() + "-";
    return Files.createTempDirectory(SHARED_MEMORY, prefix);
  }

  /** Removes a directory with all that is in it. */
  public static void remove(Path directory) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(directory)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }

  /** A server that still runs on one ends once it misses its files. */
  private static void removeLeftovers() throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(SHARED_MEMORY)) {
      for (Path each : all) {
        Matcher name = NAME.matcher(each.getFileName().toString());
        if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          removeLeftover(each);
        }
      }
    }
  }

  private static void removeLeftover(Path directory) {
    try {
      remove(directory);
    } catch (IOException | UncheckedIOException busy) {
      // another process removes it, too
    }
  }
}
