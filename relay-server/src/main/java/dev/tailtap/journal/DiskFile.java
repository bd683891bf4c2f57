package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/**
 * One open file of a journal on a disk, and which one it is: a name can be removed, or given to
 * another file, while this one stays open and takes bytes that nobody will ever find.
 */
final class DiskFile implements JournalFile {
  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
  private static final Set<OpenOption> DRAFT =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
  private static final CopyOption[] OVER = {
    StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING
  };

  /** What ends the name of a file that is not whole yet. */
  static final String DRAFT_END = ".tmp";

  private final Path path;
  private final FileChannel channel;

  /**
   * Device and number of what belongs under the name, and its least length; the keeper's thread.
   */
  private volatile Object key;

  private volatile long length;

  private DiskFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    key = keyOf(path);
    length = channel.size();
  }

  static DiskFile create(Path path) throws IOException {
    return of(path, FileChannel.open(path, NEW, OwnerOnly.file()));
  }

  static DiskFile open(Path path) throws IOException {
    return of(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  private static DiskFile of(Path path, FileChannel channel) throws IOException {
    try {
      return new DiskFile(path, channel);
    } catch (IOException failure) {
      channel.close();
      throw failure;
    }
  }

  /** Device and number of the file under this name. */
  static Object keyOf(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

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
    if (metadata) {
      length = channel.size();
    }
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public void verify() throws IOException {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException gone) {
      throw new LostFileException(path + " is gone");
    }
    if (!key.equals(found.fileKey())) {
      throw new LostFileException(path + " is another file now");
    }
    if (found.size() < length) {
      throw new LostFileException(path + " was cut to " + found.size() + " bytes");
    }
  }

  /** Writes all that it holds under its name again; reading goes on from what is open. */
  void restore() throws IOException {
    Path draft = path.resolveSibling(path.getFileName() + DRAFT_END);
    long size = channel.size();
    try (FileChannel copy = FileChannel.open(draft, DRAFT, OwnerOnly.file())) {
      long done = 0;
      while (done < size) {
        long more = channel.transferTo(done, size - done, copy);
        if (more <= 0) {
          throw new IOException("cannot copy to " + draft);
        }
        done += more;
      }
      copy.force(true);
    }
    Object copied = keyOf(draft);
    Files.move(draft, path, OVER);
    key = copied;
    length = size;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
