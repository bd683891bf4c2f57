package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Watches the calls of a running process, or makes its forces fail or wait, until it is closed. */
public final class Strace implements AutoCloseable {
  private static final String UNFINISHED = " <unfinished ...>";
  private static final Pattern RESUMED = Pattern.compile(".*<\\.\\.\\. \\w+ resumed>(.*)");

  private final Path out;
  private final Path err;
  private final Process process;

  /**
   * Attaches to a process.
   *
   * @param injected as strace's option takes it, for example {@code error=EIO:when=3+5}
   */
  public Strace(Path dir, long pid, String injected) throws IOException {
    this(dir, pid, "trace=fdatasync,fsync", "inject=fdatasync,fsync:" + injected);
  }

  /** Only watches what a process tells the kernel of its sockets. */
  public static Strace ofSockets(Path dir, long pid) throws IOException {
    return new Strace(dir, pid, "trace=setsockopt", "signal=none");
  }

  private Strace(Path dir, long pid, String traced, String more) throws IOException {
    out = dir.resolve("strace.out");
    err = dir.resolve("strace.err");
    process =
        new ProcessBuilder(
                "strace",
                "-f",
                "-yy",
                "-p",
                Long.toString(pid),
                "-o",
                out.toString(),
                "-e",
                traced,
                "-e",
                more)
            .redirectError(err.toFile())
            .start();
  }

  /** Whether it could attach; waits for that. */
  public boolean attached() throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (process.isAlive() && System.nanoTime() < deadline) {
      if (Files.readString(err).contains("attached")) {
        return true;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    return false;
  }

  /** Whether anything failed or waited so far; complete once this is closed. */
  public boolean injected() throws IOException {
    String traced = Files.readString(out);
    return traced.contains("INJECTED") || traced.contains("DELAYED");
  }

  /**
   * What was seen so far, a line for each call; complete once this is closed. A call that others
   * came between is told in two parts, which are put together; before a result stands one space.
   */
  public List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    Map<String, String> begun = new HashMap<>();
    for (String line : Files.readAllLines(out)) {
      String thread = line.replaceAll("\\s.*", "");
      Matcher rest = RESUMED.matcher(line);
      if (line.endsWith(UNFINISHED)) {
        begun.put(thread, line.substring(0, line.length() - UNFINISHED.length()));
      } else if (rest.matches() && begun.containsKey(thread)) {
        lines.add(begun.remove(thread) + rest.group(1));
      } else {
        lines.add(line);
      }
    }
    lines.addAll(begun.values());
    lines.replaceAll(line -> line.replaceFirst("\\) +=", ") ="));
    return lines;
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
