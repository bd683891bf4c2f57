package dev.tailtap.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a cluster's {@code postmaster.pid} says of the server that runs, or ran, on it.
 *
 * @param ready whether it takes connections
 */
record Postmaster(long pid, int port, boolean ready) {
  /** What became of the process. */
  enum State {
    GONE,
    LIVE,
    /** Dead, but its parent has not taken note, so that PostgreSQL thinks it alive. */
    ZOMBIE,
    /** The number belongs to another program by now. */
    STRANGER
  }

  /** Null if there is no such file, or not a whole one. */
  static Postmaster of(Path cluster) throws IOException {
    Path file = pidFile(cluster);
    if (!Files.exists(file)) {
      return null;
    }
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < 4 || lines.get(3).isBlank()) {
      return lines.isEmpty() || lines.get(0).isBlank()
          ? null
          : new Postmaster(Long.parseLong(lines.get(0).strip()), 0, false);
    }
    boolean ready = lines.size() > 7 && lines.get(7).strip().equals("ready");
    return new Postmaster(
        Long.parseLong(lines.get(0).strip()), Integer.parseInt(lines.get(3).strip()), ready);
  }

  static Path pidFile(Path cluster) {
    return cluster.resolve("postmaster.pid");
  }

  State state(Path cluster) {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      String stat = Files.readString(process.resolve("stat"));
      if (stat.startsWith(") Z", stat.lastIndexOf(')'))) {
        return State.ZOMBIE;
      }
      String command = Files.readString(process.resolve("cmdline"));
      boolean ours = command.contains("postgres") && command.contains("\0" + cluster + "\0");
      return ours ? State.LIVE : State.STRANGER;
    } catch (IOException gone) {
      return State.GONE;
    }
  }

  /** The program beside the server's own binary, whose path the server left in postmaster.opts. */
  static Path program(Path cluster, String name) throws IOException {
    String opts = Files.readString(cluster.resolve("postmaster.opts"));
    int end = opts.indexOf(" \"");
    return Path.of(end < 0 ? opts.strip() : opts.substring(0, end)).resolveSibling(name);
  }
}
