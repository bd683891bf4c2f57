package dev.tailtap.rig;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A server that is installed on this machine, as a process that listens. */
final class ServerProgram implements AutoCloseable {
  private final Process process;

  /**
   * Starts it, and returns once it listens.
   *
   * @param output takes all that it says
   * @param port of this host
   */
  ServerProgram(List<String> command, Path output, int port) throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    awaitListening(command.get(0), port);
  }

  /** Null if there is none; servers often lie beside the path of ordinary users. */
  static Path find(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(path.split(File.pathSeparator, -1))
        .filter(dir -> !dir.isEmpty())
        .map(dir -> Path.of(dir, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  /** Returns once it is gone. */
  void awaitEnd() {
    process.onExit().join();
  }

  /** Of its process. */
  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void awaitListening(String name, int port) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          close();
          throw new IOException(name + " does not listen", notYet);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }
}
