package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.bench.load.Proc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A process of the run: started, waited for, stopped with all that it started. */
final class Child implements AutoCloseable {
  /** LiteLLM takes more than ten seconds to start, and there is but one core. */
  private static final long PATIENCE_S = 180;

  private static final long IDLE_LOOK_NS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long IDLE_PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

  private final String name;
  private final ProcessHandle process;
  private final Path log; // null: it is not ours

  private Child(String name, ProcessHandle process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** A process that somebody else started, and will stop. */
  static Child running(String name, String pid) {
    return ProcessHandle.of(Long.parseLong(pid))
        .map(process -> new Child(name, process, null))
        .orElseThrow(() -> new BenchException("there is no process " + pid));
  }

  /** Starts it; what it prints goes to a file of its name. */
  static Child start(
      String name, Path logs, List<String> command, Map<String, String> environment) {
    Path log = logs.resolve(name.replaceAll("[^A-Za-z0-9_.-]", "_") + ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      return new Child(name, builder.start().toHandle(), log);
    } catch (IOException e) {
      throw new BenchException(name + " does not start: " + e.getMessage(), e);
    }
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new BenchException("no free port: " + e.getMessage(), e);
    }
  }

  /** Itself and all that it started. */
  List<Long> pids() {
    return Stream.concat(Stream.of(process), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  long pid() {
    return process.pid();
  }

  long residentBytes() {
    return Proc.residentBytes(pids());
  }

  /** Until somebody listens there. */
  Child awaitPort(int port) {
    await("listen on port " + port, () -> listens(port));
    return this;
  }

  /** Until this is so; gives up when the process ends, or after three minutes. */
  void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() - deadline > 0) {
        String words = lastWords();
        close();
        throw new BenchException(name + " does not " + what + ":\n" + words);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  /** Until it has done what was left of its last load; else that is counted to the next one. */
  void awaitIdle() {
    long deadline = System.nanoTime() + IDLE_PATIENCE_NS;
    long before;
    long worked = Proc.scheduledNs(pids());
    do {
      before = worked;
      LockSupport.parkNanos(IDLE_LOOK_NS);
      worked = Proc.scheduledNs(pids());
    } while (worked - before > IDLE_LOOK_NS / 10 && System.nanoTime() - deadline < 0);
  }

  /** Until it has ended by itself. */
  boolean awaitEnd() {
    return ended(PATIENCE_S);
  }

  private boolean ended(long seconds) {
    try {
      process.onExit().get(seconds, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  private String lastWords() {
    try {
      List<String> lines = Files.readAllLines(log, UTF_8);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException e) {
      return "(" + log + " cannot be read)";
    }
  }

  @Override
  public void close() {
    if (log == null) {
      return;
    }
    List<ProcessHandle> started = process.descendants().toList();
    process.destroy();
    if (!ended(10)) {
      process.destroyForcibly();
    }
    started.forEach(ProcessHandle::destroyForcibly);
  }
}
