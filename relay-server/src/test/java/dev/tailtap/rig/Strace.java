package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Watches the calls of a running process, or makes its forces fail or wait, until it is closed. */
public final class Strace implements AutoCloseable {
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

  /** What was seen so far, a line for each call; complete once this is closed. */
  public List<String> lines() throws IOException {
    return Files.readAllLines(out);
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
