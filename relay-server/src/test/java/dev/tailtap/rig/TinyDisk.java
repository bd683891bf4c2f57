package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk of some megabytes in memory, which can be filled up and emptied again. */
public final class TinyDisk implements AutoCloseable {
  private static final int MOST_BLOCKS = 10_000;

  private final Path dir;

  private TinyDisk(Path dir) {
    this.dir = dir;
  }

  /** Null: this machine does not allow it. */
  public static TinyDisk mount(Path dir, int megabytes) throws IOException, InterruptedException {
    Files.createDirectories(dir);
    boolean mounted =
        Tool.runs("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", dir.toString());
    return mounted ? new TinyDisk(dir) : null;
  }

  public Path dir() {
    return dir;
  }

  /** Takes all the space that is left. */
  public void fill() {
    byte[] zeros = new byte[4 << 10];
    try (var out =
        Files.newOutputStream(ballast(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int i = 0; i < 16 * MOST_BLOCKS; i++) {
        out.write(zeros);
      }
    } catch (IOException full) {
      // as it is meant to be
    }
  }

  /** Gives back what {@link #fill} took. */
  public void free() throws IOException {
    Files.deleteIfExists(ballast());
  }

  @Override
  public void close() {
    try {
      Tool.runs("umount", "-l", dir.toString());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Path ballast() {
    return dir.resolve("ballast");
  }
}
