package dev.tailtap.archive;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The archive that {@code mvn package} made, unpacked, and a machine around it that has a Java and
 * what every system has, but no compiler and no Maven.
 */
final class Unpacked {
  private static final List<String> SYSTEM =
      List.of(
          "bash",
          "env",
          "cat",
          "dirname",
          "readlink",
          "sed",
          "grep",
          "head",
          "mktemp",
          "mv",
          "rm",
          "sleep");

  private final Path home;
  private final Path tools;

  /** What a command said, and how it ended. */
  record Outcome(int exit, String out, String err) {}

  /**
   * Unpacks it.
   *
   * @param dir to which everybody has access
   */
  Unpacked(Path dir) throws Exception {
    String archive = System.getProperty("tailtap.archive", "");
    assertTrue(
        Files.isRegularFile(Path.of(archive)), archive + " is missing: mvn package makes it");
    Process tar = new ProcessBuilder("tar", "-xzf", archive, "-C", dir.toString()).start();
    tar.getErrorStream().transferTo(System.err);
    assertTrue(tar.waitFor() == 0, "tar cannot read " + archive);
    try (var inside = Files.list(dir)) {
      home = inside.findFirst().orElseThrow();
    }
    tools = Files.createDirectory(dir.resolve("bin"));
    for (String tool : SYSTEM) {
      Path at = Path.of("/usr/bin", tool);
      Files.createSymbolicLink(tools.resolve(tool), Files.exists(at) ? at : Path.of("/bin", tool));
    }
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Files.createSymbolicLink(tools.resolve("java"), java);
  }

  Path home() {
    return home;
  }

  /** Nobody but root may write there afterwards. */
  void makeReadOnly() throws IOException {
    Files.walkFileTree(
        home,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            boolean runs = Files.isExecutable(file);
            return set(file, runs ? "r-xr-xr-x" : "r--r--r--");
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException trouble)
              throws IOException {
            return set(dir, "r-xr-xr-x");
          }

          private FileVisitResult set(Path path, String permissions) throws IOException {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Starts a command of the launcher. Its environment has a PATH, and java flags if any. */
  Process start(Path in, List<String> as, String javaFlags, String... args) throws IOException {
    List<String> command = new ArrayList<>(as);
    command.add(home.resolve("relay").toString());
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(in.toFile())
            .redirectOutput(in.resolve("out").toFile())
            .redirectError(in.resolve("err").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("RELAY_JAVA_OPTS", javaFlags);
    return builder.start();
  }

  Outcome run(Path in, List<String> as, String... args) throws Exception {
    Process process = start(in, as, "-XX:TieredStopAtLevel=1", args);
    assertTrue(process.waitFor(Patience.SECONDS, TimeUnit.SECONDS), "it does not end");
    return new Outcome(
        process.exitValue(),
        Files.readString(in.resolve("out")),
        Files.readString(in.resolve("err")));
  }
}
