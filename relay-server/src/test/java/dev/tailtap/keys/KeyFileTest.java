package dev.tailtap.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that is there by mistake. */
class KeyFileTest {
  @TempDir private Path dir;

  /** It has no bytes on the disk, and would be more than the heap in memory. */
  @Test
  void oneThatIsMuchTooLargeIsNoFileOfKeysAndIsNotReadWhole() throws Exception {
    Path path = Files.writeString(dir.resolve("keys"), "# ours\n");
    KeyFile file = new KeyFile(path);
    assertEquals(List.of(), file.changed());
    Path large = dir.resolve("large");
    try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    Files.move(large, path, StandardCopyOption.REPLACE_EXISTING);
    IOException refused = assertThrows(IOException.class, file::changed);
    assertTrue(refused.getMessage().contains("larger than the "), refused.getMessage());
    assertEquals(1, KeyFile.mistakes(path).size());
    assertThrows(IOException.class, file::all);
    Files.writeString(path, "# ours again\n");
    assertEquals(List.of(), file.changed());
  }
}
