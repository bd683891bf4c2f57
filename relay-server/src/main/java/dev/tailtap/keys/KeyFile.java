package dev.tailtap.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The keys of a file, as {@link KeyLines} has them. Who changes it writes another file and puts
 * that in its place, so that nobody reads half of it. One thread.
 */
public final class KeyFile implements KeySource, KeyHome {
  private static final long LARGEST = 64 << 20;
  private static final int PART_OF_HEAP = 8;

  private final Path file;
  private byte[] last; // as it was read; null: it was not

  public KeyFile(Path file) {
    this.file = file;
  }

  /**
   * What is wrong with a file, each mistake once; nothing if it can be used.
   *
   * @param file is to be there
   */
  public static List<String> mistakes(Path file) {
    List<String> mistakes = new ArrayList<>();
    try {
      KeyLines.read(lines(bytes(file)), mistakes);
    } catch (IOException e) {
      mistakes.add(unreadable(e));
    }
    return mistakes;
  }

  @Override
  public List<KeyEntry> changed() throws IOException {
    byte[] now;
    try {
      now = bytes(file);
    } catch (IOException e) {
      throw new IOException(unreadable(e), e);
    }
    if (Arrays.equals(now, last)) {
      return null;
    }
    List<KeyEntry> entries = read(now);
    last = now;
    return entries;
  }

  /** Of a file that is no larger than a relay can hold: what is here by mistake must not end it. */
  private static byte[] bytes(Path file) throws IOException {
    int most = (int) Math.min(LARGEST, Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new TooLargeException(most);
      }
      return bytes;
    }
  }

  @Override
  public List<KeyEntry> all() throws IOException {
    return read(bytes(file));
  }

  @Override
  public void add(KeyEntry key) throws IOException {
    List<String> lines = lines(bytes(file));
    lines.add(KeyLines.write(key));
    replace(file, lines);
  }

  /** Every other line stays as it is. */
  @Override
  public void put(KeyEntry key) throws IOException {
    replace(file, with(key));
  }

  @Override
  public void replace(KeyEntry former, KeyEntry next) throws IOException {
    List<String> lines = with(former);
    lines.add(KeyLines.write(next));
    replace(file, lines);
  }

  private List<String> with(KeyEntry key) throws IOException {
    List<String> lines = lines(bytes(file));
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (KeyLines.isKey(line) && KeyLines.read(line).id().equals(key.id())) {
        lines.set(i, KeyLines.write(key));
      }
    }
    return lines;
  }

  private List<KeyEntry> read(byte[] bytes) throws IOException {
    List<String> mistakes = new ArrayList<>();
    List<KeyEntry> entries = KeyLines.read(lines(bytes), mistakes);
    if (!mistakes.isEmpty()) {
      throw new IOException(String.join("; ", mistakes));
    }
    return entries;
  }

  /** Puts a file that only its owner may read in the place of another, whole or not at all. */
  static void replace(Path file, List<String> lines) throws IOException {
    Path dir = file.toAbsolutePath().getParent();
    Path fresh =
        Files.createTempFile(
            dir,
            "keys",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(fresh, lines);
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        channel.force(true); // else a power cut may leave the name without the bytes
      }
      if (Files.exists(file)) {
        Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(file));
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static List<String> lines(byte[] bytes) {
    return new ArrayList<>(new String(bytes, UTF_8).lines().toList());
  }

  private static String unreadable(IOException e) {
    if (e instanceof TooLargeException) {
      return e.getMessage();
    }
    return e instanceof NoSuchFileException
        ? "no such file; make an empty one for the first key"
        : "cannot be read";
  }

  private static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLargeException(int most) {
      super("larger than the %d bytes that it may have with this heap".formatted(most));
    }
  }
}
