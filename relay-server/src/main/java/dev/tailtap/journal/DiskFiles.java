package dev.tailtap.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A journal's directory on a disk. One process owns it at a time. */
final class DiskFiles implements JournalFiles {
  private static final Logger LOG = LoggerFactory.getLogger(DiskFiles.class);
  private static final Set<OpenOption> LOCK =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);

  private final Path dir;
  private final FileStore store; // to find it the table of mounts is read, which is slow
  private volatile Lock lock;

  /** The lock's file while it is held, and which file that is. */
  private record Lock(FileChannel channel, Object key) {}

  private DiskFiles(Path dir, Lock lock) throws IOException {
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
    DiskFiles files = claimIfFree(dir);
    if (files == null) {
      throw new IOException(
          "another relay is using the journal in %s: stop it, or give this one another journal.dir"
              .formatted(dir));
    }
    return files;
  }

  /** The same; null if another process owns it. Not to be tried with one's own. */
  static DiskFiles claimIfFree(Path dir) throws IOException {
    try {
      OwnerOnly.makeDirectories(dir);
      Lock lock = lock(dir);
      if (lock == null) {
        return null;
      }
      DiskFiles files = new DiskFiles(dir, lock);
      files.tidy();
      return files;
    } catch (AccessDeniedException denied) {
      throw unusable(dir, "no permission", denied);
    } catch (FileSystemException failure) {
      throw unusable(dir, failure.toString(), failure);
    }
  }

  private static IOException unusable(Path dir, String why, IOException cause) {
    return new IOException(
        "the journal cannot be written in %s (%s): give the relay's user the right to, or set journal.dir to another directory"
            .formatted(dir, why),
        cause);
  }

  /** Null if another process has it. */
  private static Lock lock(Path dir) throws IOException {
    Path file = dir.resolve("lock");
    FileChannel channel = FileChannel.open(file, LOCK, OwnerOnly.file());
    try {
      if (channel.tryLock() != null) {
        return new Lock(channel, DiskFile.keyOf(file));
      }
    } catch (OverlappingFileLockException ownedHere) {
      // The same answer as for another process.
    }
    channel.close();
    return null;
  }

  /** What former processes left: half of a file, and files that others could read. */
  private void tidy() throws IOException {
    for (String name : list()) {
      Path path = dir.resolve(name);
      if (name.endsWith(Segment.NAME_END + DiskFile.DRAFT_END)) {
        Files.delete(path);
      } else if (name.contains(Segment.NAME_END)
          || name.endsWith(Segment.STAGED_END)
          || name.equals("lock")) {
        protect(path);
      }
    }
  }

  private static void protect(Path path) {
    try {
      OwnerOnly.take(path);
    } catch (IOException | UnsupportedOperationException refused) {
      LOG.warn("event=journal_file_readable path={} reason=\"{}\"", path, refused.toString());
    }
  }

  @Override
  public void verify() throws IOException {
    Path file = dir.resolve("lock");
    Object found;
    try {
      found = DiskFile.keyOf(file);
    } catch (NoSuchFileException gone) {
      throw new LostFileException(file + " is gone");
    }
    if (!lock.key().equals(found)) {
      throw new LostFileException(file + " is another file now");
    }
  }

  @Override
  public void reclaim() throws IOException {
    try {
      verify();
    } catch (LostFileException lost) {
      Lock former = lock;
      Lock next = lock(dir);
      if (next == null) {
        throw new IOException("another relay is using the journal in " + dir);
      }
      lock = next;
      former.channel().close();
      LOG.warn("event=journal_claimed_again dir={}", dir);
    }
  }

  @Override
  public void restore(String name, JournalFile file) throws IOException {
    if (file instanceof DiskFile lost) {
      lost.restore();
    }
  }

  @Override
  public Path dir() {
    return dir;
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> paths = Files.list(dir)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }

  @Override
  public JournalFile create(String name) throws IOException {
    return DiskFile.create(dir.resolve(name));
  }

  @Override
  public JournalFile open(String name) throws IOException {
    return DiskFile.open(dir.resolve(name));
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
      lock.channel().close();
    } catch (IOException unimportant) {
      // The lock ends with the process at the latest, and nothing was written through it.
    }
  }
}
