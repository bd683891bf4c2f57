package dev.tailtap.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mistake is told before the first benchmark runs, which may take an hour. */
class MicroOptionsTest {
  @TempDir Path dir;

  @Test
  void aFileToReadThatIsMissingIsNamed() {
    Path missing = dir.resolve("libasyncProfiler.so");
    assertEquals("--async " + missing + ": there is no such file", refusal("--async", missing));
    assertEquals("--against " + missing + ": there is no such file", refusal("--against", missing));
    assertEquals("--against " + dir + ": there is no such file", refusal("--against", dir));
  }

  @Test
  void flameGraphsLieBesideTheResults() throws IOException {
    Path library = Files.createFile(dir.resolve("libasyncProfiler.so"));
    MicroOptions options =
        MicroOptions.parse(
            new String[] {"--async", library.toString(), "--out", dir + "/out/r.json", "Tap"});
    assertEquals(library, options.asyncLibrary());
    assertEquals(dir.resolve("out/flames"), options.flames());
  }

  private static String refusal(String option, Path path) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> MicroOptions.parse(new String[] {option, path.toString()}))
        .getMessage();
  }
}
