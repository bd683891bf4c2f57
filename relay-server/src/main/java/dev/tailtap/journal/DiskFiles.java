package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** A journal's directory on a disk. One process owns it at a time. */
final class DiskFiles implements JournalFiles {
  private final Path dir;
  private final FileChannel lock;
  private final FileStore store; // to find it the table of mounts is read, which is slow

  private DiskFiles(Path dir, FileChannel lock) throws IOException {
    this.dir = dir;
    this.lock = lock;
    store = Files.getFileStore(dir);
  }

  /**
   * Makes the directory if need be and claims it until {@link #close}.
   *
   * @throws IOException says what to do
   */
  static DiskFiles claim(Path dir) throws IOException {
    FileChannel lock = lockFile(dir);
    try {
      if (lock.tryLock() != null) {
        return new DiskFiles(dir, lock);
      }
    } catch (OverlappingFileLockException ownedHere) {
      // The same answer as for another process.
    }
    lock.close();
    throw new IOException(
        "another relay is using the journal in %s: stop it, or give this one another journal.dir"
            .formatted(dir));
  }

  private static FileChannel lockFile(Path dir) throws IOException {
    try {
      Files.createDirectories(dir);
      return FileChannel.open(
          dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException failure) {
      String why = failure instanceof AccessDeniedException ? "no permission" : failure.toString();
      throw new IOException(
          "the journal cannot be written in %s (%s): give the relay's user the right to, or set journal.dir to another directory"
              .formatted(dir, why),
          failure);
    }
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> paths = Files.list(dir)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }

  @Override
  public JournalFile create(String name) throws IOException {
    return new DiskFile(
        FileChannel.open(
            dir.resolve(name),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE));
  }

  @Override
  public JournalFile open(String name) throws IOException {
    return new DiskFile(FileChannel.open(dir.resolve(name), StandardOpenOption.READ));
  }

  @Override
  public void delete(String name) throws IOException {
    Files.delete(dir.resolve(name));
  }

  @Override
  public void setAside(String name, String newName) throws IOException {
    Path target = dir.resolve(newName);
    for (int copy = 1; Files.exists(target); copy++) {
      target = dir.resolve(newName + "." + copy);
    }
    Files.move(dir.resolve(name), target);
  }

  @Override
  public void syncDir() throws IOException {
    try (FileChannel names = FileChannel.open(dir, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  @Override
  public long freeBytes() throws IOException {
    return store.getUsableSpace();
  }

  long totalBytes() throws IOException {
    return store.getTotalSpace();
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException unimportant) {
      // The lock ends with the process at the latest, and nothing was written through it.
    }
  }

  private record DiskFile(FileChannel channel) implements JournalFile {
    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      return channel.write(from, position);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      channel.force(metadata);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
