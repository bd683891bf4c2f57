package dev.tailtap.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file that lines are added to, opened when there are some, and again once another has its name
 * or none has: whoever rotates logs renames it. May block, as a pipe does that nobody reads. One
 * thread.
 */
final class AppendedFile {
  private final Path path; // null: standard output
  private FileChannel channel; // null: it is not open
  private Object key; // of the file that is open
  private boolean torn; // a line breaks off at its end

  AppendedFile(Path path) {
    this.path = path;
  }

  /** The process's own, beside what else is printed there. */
  @SuppressWarnings("resource") // It is closed with the process.
  static AppendedFile standardOutput() {
    AppendedFile file = new AppendedFile(null);
    file.channel = new FileOutputStream(FileDescriptor.out).getChannel();
    return file;
  }

  /** Adds whole lines; what a failure leaves of one ends where the next begins. */
  void append(byte[] lines) throws IOException {
    if (path != null && (channel == null || !isThere())) {
      open();
    }
    if (torn) {
      write(new byte[] {'\n'});
      torn = false;
    }
    write(lines);
  }

  private void write(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    try {
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (IOException e) {
      torn |= rest.position() > 0 && bytes[rest.position() - 1] != '\n';
      if (path != null) {
        close();
      }
      throw e;
    }
  }

  private void open() throws IOException {
    close();
    channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    Object opened = keyOf(path);
    torn &= opened != null && opened.equals(key);
    key = opened;
  }

  private boolean isThere() throws IOException {
    try {
      Object now = keyOf(path);
      return now == null || now.equals(key);
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  private static Object keyOf(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  void close() {
    FileChannel open = channel;
    channel = null;
    if (open != null && path != null) {
      try {
        open.close();
      } catch (IOException unsaid) {
        // what was written is as safe as it was
      }
    }
  }

  @Override
  public String toString() {
    return path == null ? "stdout" : path.toString();
  }
}
