package dev.tailtap.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The directory of a journal, behind an interface so that a simulator can lose power, fill up and
 * fail in its place.
 */
interface JournalFiles extends AutoCloseable {
  Path dir();

  /** The names of all files. */
  List<String> list() throws IOException;

  /** Makes a file that must not exist yet. */
  JournalFile create(String name) throws IOException;

  JournalFile open(String name) throws IOException;

  void delete(String name) throws IOException;

  /** Gives a file another name, and a further one where that is taken; nothing is overwritten. */
  void setAside(String name, String newName) throws IOException;

  /** Returns once the names themselves are on the disk. */
  void syncDir() throws IOException;

  /** Fails where the directory or its lock is no longer what this process claimed. */
  void verify() throws IOException;

  /** Claims the directory again where it was taken away and put back; fails while it is gone. */
  void reclaim() throws IOException;

  /** Writes all that an open file holds under its name again, in place of whatever is there. */
  void restore(String name, JournalFile file) throws IOException;

  /** What other files could still take, in bytes. */
  long freeBytes() throws IOException;

  @Override
  void close();
}
