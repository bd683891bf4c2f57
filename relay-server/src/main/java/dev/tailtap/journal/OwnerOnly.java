package dev.tailtap.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files and directories that nobody but the relay's user may read, whatever its umask: they hold
 * who called what, and how often. A directory that somebody else made keeps the rights it was
 * given. Any thread.
 */
public final class OwnerOnly {
  private static final Set<PosixFilePermission> READ_WRITE =
      PosixFilePermissions.fromString("rw-------");

  private OwnerOnly() {}

  /** For whatever makes a file. */
  public static FileAttribute<Set<PosixFilePermission>> file() {
    return PosixFilePermissions.asFileAttribute(READ_WRITE);
  }

  /** Makes the directory, and those that it lies in, where they are missing. */
  public static void makeDirectories(Path dir) throws IOException {
    Files.createDirectories(
        dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Takes a file back that was made readable for others. */
  static void take(Path file) throws IOException {
    if (!Files.getPosixFilePermissions(file).equals(READ_WRITE)) {
      Files.setPosixFilePermissions(file, READ_WRITE);
    }
  }
}
