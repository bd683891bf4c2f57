package dev.tailtap.rig;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The classes of the relays that tests start as processes. A JVM shares the classes that it has
 * parsed with others (class data sharing), if they come from jars; with that a start needs a third
 * less CPU. So the directories of the class path are packed, and a relay that serves one call
 * leaves its classes in an archive: once for all processes of a build, and again when a file of the
 * class path has changed.
 */
public final class ChildClasses {
  /** Apart, since the provider's thread wants the class around it, too. */
  private static final class Holder {
    private static final List<String> FLAGS =
        ChildClasses.flags(Path.of("target", "children").toAbsolutePath());
  }

  private ChildClasses() {}

  /** For java: the class path, and the archive of its classes. */
  static List<String> flags() {
    return Holder.FLAGS;
  }

  /** A java that runs this class of the tests, as soon as it can. */
  public static ProcessBuilder java(List<String> options, Class<?> main, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.addAll(flags());
    command.add(main.getName());
    command.addAll(List.of(args));
    return new ProcessBuilder(command);
  }

  /** Of the tests; directories and jars. */
  static List<Path> entries() {
    String own = System.getProperty("java.class.path");
    return Stream.of(System.getProperty("surefire.test.class.path", own).split(File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  private static List<String> flags(Path dir) {
    try {
      Files.createDirectories(dir);
      try (FileChannel one =
          FileChannel.open(
              dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        one.lock(); // until it is closed
        return flags(dir, state());
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> flags(Path dir, String state)
      throws IOException, InterruptedException {
    Path archive = dir.resolve(state + ".jsa");
    boolean made = Files.exists(archive);
    if (!made) {
      clear(dir);
    }
    List<String> path = new ArrayList<>();
    for (Path entry : entries()) {
      Path jar = dir.resolve(state + "-" + path.size() + ".jar");
      if (Files.isDirectory(entry) && !made) {
        pack(entry, jar);
      }
      path.add((Files.isDirectory(entry) ? jar : entry).toString());
    }
    String classPath = String.join(File.pathSeparator, path);
    if (!made) {
      record(dir, classPath, archive);
    }
    return List.of("-XX:SharedArchiveFile=" + archive, "-cp", classPath);
  }

  /** A name for the class path as it is now, and for the JVM. */
  private static String state() throws IOException {
    StringBuilder all = new StringBuilder(System.getProperty("java.vm.version"));
    for (Path entry : entries()) {
      for (Path file : files(entry)) {
        all.append('\n').append(file).append(' ').append(Files.size(file));
        all.append(' ').append(Files.getLastModifiedTime(file));
      }
    }
    return UUID.nameUUIDFromBytes(all.toString().getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static List<Path> files(Path entry) throws IOException {
    try (Stream<Path> walk = Files.walk(entry)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void clear(Path dir) throws IOException {
    for (Path old : files(dir)) {
      if (!old.endsWith("lock")) {
        Files.delete(old);
      }
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setLevel(Deflater.BEST_SPEED);
      for (Path file : files(classes)) {
        zip.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
        Files.copy(file, zip);
      }
    }
  }

  private static void record(Path dir, String classPath, Path archive)
      throws IOException, InterruptedException {
    Path draft = dir.resolve("draft.jsa");
    Path home = Files.createTempDirectory("tailtap-test");
    try (Provider provider =
        new Provider(
            (request, answer) ->
                answer.chunkedHead("text/event-stream").chunk("data: {}\n\n").lastChunk())) {
      String config = RelayProcess.config(home, provider);
      List<String> flags = List.of("-XX:ArchiveClassesAtExit=" + draft, "-cp", classPath);
      try (RelayProcess relay = RelayProcess.with(flags, home, "serve", config)) {
        try (RawClient client = new RawClient(relay.port())) {
          client.post("/v1/chat/completions", "{\"stream\":true}").answer();
        }
        relay.signal("TERM");
        relay.exit();
      }
    }
    RamDisk.remove(home);
    Files.move(draft, archive, StandardCopyOption.ATOMIC_MOVE);
  }
}
