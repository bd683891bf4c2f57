package dev.tailtap.micro;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What the command line of {@link Micro} asks for.
 *
 * @param asyncLibrary of async-profiler; null: none
 * @param patterns none: everything
 */
record MicroOptions(
    boolean smoke, Path out, Path against, Path dir, Path asyncLibrary, List<String> patterns) {

  MicroOptions {
    patterns = List.copyOf(patterns);
  }

  /** Where flame graphs go: beside the results. */
  Path flames() {
    return out.resolveSibling("flames");
  }

  static MicroOptions parse(String[] args) {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    boolean smoke = false;
    Path out = temporary.resolve("micro.json");
    Path against = Path.of("relay-bench", "results", "micro.json");
    Path dir = temporary;
    Path async = null;
    List<String> patterns = new ArrayList<>();
    Deque<String> left = new ArrayDeque<>(List.of(args));
    while (!left.isEmpty()) {
      String arg = left.poll();
      switch (arg) {
        case "--smoke" -> smoke = true;
        case "--out" -> out = path(arg, left);
        case "--against" -> against = present(arg, left);
        case "--dir" -> dir = path(arg, left);
        case "--async" -> async = present(arg, left);
        default -> patterns.add(pattern(arg));
      }
    }
    return new MicroOptions(
        smoke, out.toAbsolutePath(), against, dir.toAbsolutePath(), async, patterns);
  }

  private static Path path(String option, Deque<String> left) {
    if (left.isEmpty()) {
      throw new IllegalArgumentException(option + " needs a path");
    }
    return Path.of(left.poll());
  }

  /** A file that has to be there. */
  private static Path present(String option, Deque<String> left) {
    Path file = path(option, left).toAbsolutePath();
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(option + " " + file + ": there is no such file");
    }
    return file;
  }

  private static String pattern(String arg) {
    if (arg.startsWith("-")) {
      throw new IllegalArgumentException("there is no option " + arg);
    }
    return arg;
  }
}
