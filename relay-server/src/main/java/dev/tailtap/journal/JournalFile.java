package dev.tailtap.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One open file of the journal. Reads and writes may come from two threads at once. */
interface JournalFile extends Closeable {
  /** Writes some of the bytes; returns how many, at least one. */
  int write(ByteBuffer from, long position) throws IOException;

  /** Reads some bytes; returns how many, or -1 at the end of the file. */
  int read(ByteBuffer into, long position) throws IOException;

  /** Returns once what was written is on the disk; {@code metadata}: the file's length as well. */
  void force(boolean metadata) throws IOException;

  long size() throws IOException;

  /** Fails where its name no longer leads to this file, or where something was cut off. */
  void verify() throws IOException;
}
