package dev.tailtap.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.archive.Unpacked.Outcome;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is in the archive runs with a Java alone, for anybody, from a place that cannot be written.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ArchiveTest {
  private static final List<String> AS_ANYBODY =
      List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  @TempDir private static Path place;
  private static Unpacked archive;

  @TempDir private Path dir;

  @BeforeAll
  static void unpack() throws Exception {
    open(place);
    archive = new Unpacked(place);
  }

  private static void open(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  @Test
  @Order(1)
  void hasWhatARelayNeedsAndSaysWhatItIs() throws Exception {
    Path home = archive.home();
    for (String part :
        List.of(
            "README.md",
            "SECURITY.md",
            "CHANGELOG.md",
            "schema.sql",
            "conf/relay.properties",
            "docs/OPERATIONS.md",
            "deploy/Dockerfile")) {
      assertTrue(Files.isRegularFile(home.resolve(part)), part);
    }
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      List<String> names = jars.map(jar -> jar.getFileName().toString()).toList();
      assertEquals(1, names.stream().filter(name -> name.startsWith("relay-server-")).count());
      for (String machine : List.of("x86_64", "aarch_64")) {
        long natives = names.stream().filter(name -> name.endsWith(machine + ".jar")).count();
        assertEquals(3, natives, machine + ": epoll, io_uring and TLS");
      }
      assertTrue(names.stream().noneMatch(name -> name.contains("junit")), names::toString);
    }
    Outcome version = archive.run(dir, List.of(), "version");
    assertEquals("", version.err());
    assertTrue(version.out().startsWith("Tailtap "), version.out());
  }

  @Test
  @Order(1)
  void itsConfigurationIsGood() throws Exception {
    Outcome check = archive.run(dir, List.of(), "check");
    assertEquals(0, check.exit(), check.err());
    assertTrue(check.out().contains("3 routes to 3 upstreams"), check.out());
  }

  @Test
  @Order(1)
  void theBenchmarksAreElsewhere() throws Exception {
    Outcome bench = archive.run(dir, List.of(), "bench", "--quick");
    assertEquals(1, bench.exit());
    assertEquals(
        "relay: The benchmarks are not in this archive: run them in the repository.\n",
        bench.err());
  }

  @Test
  @Order(1)
  void aRehearsalLeavesAnArchiveOfClassesThatStartsTakeAndNothingElse() throws Exception {
    Path scratch = Files.createDirectory(dir.resolve("scratch"));
    Outcome rehearsed = archive.run(dir, List.of("env", "TMPDIR=" + scratch), "rehearse");
    assertEquals(0, rehearsed.exit(), rehearsed.err());
    assertEquals("", rehearsed.out() + rehearsed.err());
    try (Stream<Path> left = Files.list(scratch)) {
      assertEquals(List.of(), left.toList());
    }
    try (Stream<Path> lib = Files.list(archive.home().resolve("lib"))) {
      List<String> made =
          lib.map(file -> file.getFileName().toString())
              .filter(name -> !name.endsWith(".jar"))
              .toList();
      assertEquals(1, made.size(), made::toString);
      assertTrue(made.get(0).matches("relay-\\d+[^/]*\\.(jsa|aot)"), made::toString);
    }
    Outcome version = archive.run(dir, List.of(), "version");
    assertEquals(0, version.exit(), version.err());
    assertEquals("", version.err());
  }

  @Test
  @Order(2)
  void anybodyServesFromATreeThatCannotBeWritten() throws Exception {
    boolean root = "root".equals(System.getProperty("user.name"));
    assumeTrue(!root || Tool.runs("setpriv", "--version"), "skipped: setpriv missing");
    List<String> as = root ? AS_ANYBODY : List.of();
    archive.makeReadOnly();
    open(dir);
    Outcome rehearsed = archive.run(dir, as, "rehearse");
    assertEquals(1, rehearsed.exit());
    assertTrue(rehearsed.err().contains("cannot be written by who called this"), rehearsed.err());
    Path volume = Files.createDirectory(dir.resolve("volume"));
    open(volume);
    try (Provider provider =
        new Provider((request, answer) -> answer.send("HTTP/1.1 204 \r\n\r\n"))) {
      Path config =
          Files.writeString(
              dir.resolve("relay.properties"),
              """
              relay.listen=127.0.0.1:0
              admin.listen=127.0.0.1:0
              upstream.test.url=%s
              route.test.path=/
              route.test.upstream=test
              store.url=%s
              """
                  .formatted(provider.url(), TestPostgres.freshDatabase()));
      Process relay =
          archive.start(
              dir, inside(as, volume), "-Djava.io.tmpdir=" + volume, "serve", config.toString());
      try {
        int port = Integer.parseInt(await(relay, "relays on port (\\d+)"));
        try (RawClient client = new RawClient(port)) {
          assertEquals(204, client.get("/").head().status());
        }
        String admin = await(relay, "admin on port (\\d+)");
        assertEquals(0, healthCheck(admin), "the check of the Dockerfile");
        relay.destroy();
        assertTrue(relay.waitFor(Patience.SECONDS, TimeUnit.SECONDS));
        assertEquals(0, relay.exitValue(), said("err"));
        assertEquals(1, healthCheck(admin), "nobody is there");
      } finally {
        relay.destroyForcibly();
      }
      assertFalse(said("err").contains("slow_"), said("err"));
      assertTrue(
          Files.isDirectory(volume.resolve("data/journal")), "it writes where it was started");
    }
  }

  /** The command of the image's HEALTHCHECK, with another port. */
  private static int healthCheck(String port) throws Exception {
    String file = Files.readString(RelayProcess.home().resolve("deploy/Dockerfile"));
    Matcher check = Pattern.compile("CMD \\[\"bash\", \"-c\", \"(.*)\"]\n").matcher(file);
    assertTrue(check.find(), "the image has no check");
    String command = check.group(1).replace("\\\\", "\\").replace("/9090", "/" + port);
    return new ProcessBuilder("bash", "-c", command)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static List<String> inside(List<String> as, Path volume) {
    List<String> shell = List.of("bash", "-c", "cd " + volume + " && exec \"$@\"", "in-volume");
    return Stream.concat(as.stream(), shell.stream()).toList();
  }

  private String said(String where) throws IOException {
    return Files.readString(dir.resolve(where));
  }

  private String await(Process relay, String regex) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      boolean over = !relay.isAlive() || System.nanoTime() > deadline;
      Matcher found = Pattern.compile(regex).matcher(said("out"));
      if (found.find()) {
        return found.group(1);
      }
      assertFalse(over, () -> "it did not say " + regex);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
