package dev.tailtap;

import dev.tailtap.config.ConfigException;
import dev.tailtap.config.ConfigFile;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.doctor.Doctor;
import dev.tailtap.usage.Dialect;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The command line's commands, signals and exit codes: 0 after an orderly stop, 1 if something did
 * not start or the doctor could not reach it, 2 if the arguments or the configuration are wrong.
 */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISTAKEN = 2;

  private final PrintStream out;
  private final PrintStream err;

  Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  public static void main(String[] args) throws InterruptedException {
    int exit = new Main(System.out, System.err).run(args);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  /** Does what the arguments say; a relay that runs returns only when it was stopped. */
  int run(String[] args) throws InterruptedException {
    try {
      return run(CommandLine.parse(args));
    } catch (IllegalArgumentException e) {
      err.println("relay: " + e.getMessage());
      err.print(CommandLine.USAGE);
      return MISTAKEN;
    } catch (ConfigException e) {
      e.errors().forEach(error -> err.println("relay: " + error));
      err.println(
          "relay: " + e.errors().size() + " mistakes in the configuration; nothing started");
      return MISTAKEN;
    } catch (IOException | IllegalStateException e) {
      err.println("relay: " + e.getMessage());
      return FAILED;
    }
  }

  private int run(CommandLine line) throws ConfigException, IOException, InterruptedException {
    return switch (line.command()) {
      case HELP -> help();
      case CHECK -> check(line);
      case SERVE -> serve(line);
      case DOCTOR -> doctor(line);
      case DEMO -> demo(line);
    };
  }

  private int help() {
    out.print(CommandLine.USAGE);
    return 0;
  }

  private int check(CommandLine line) throws ConfigException {
    RelayConfig config = load(line, "relay.properties");
    config.warnings(Instant.now()).forEach(text -> err.println("relay: warning: " + text));
    out.println(
        "The configuration is good: "
            + config.routes().size()
            + " routes to "
            + config.upstreams().size()
            + " upstreams.");
    return 0;
  }

  private int doctor(CommandLine line) throws ConfigException, InterruptedException {
    Doctor doctor = Doctor.examine(load(line, "relay.properties"), Clock.systemUTC());
    doctor.lines().forEach(out::println);
    return doctor.allReachable() ? 0 : FAILED;
  }

  private int serve(CommandLine line) throws ConfigException, IOException, InterruptedException {
    Relay relay = Relay.start(load(line, "relay.properties"));
    out.println("Tailtap relays on port " + relay.port() + ", admin on port " + relay.adminPort());
    out.println("Rows go to " + relay.databaseDescription());
    out.flush();
    untilStopped(relay);
    return 0;
  }

  private int demo(CommandLine line) throws ConfigException, IOException, InterruptedException {
    Map<String, String> settings = new HashMap<>(Demo.freePorts(load(line, "demo.properties")));
    settings.putAll(line.overrides());
    CommandLine moved = new CommandLine(line.command(), line.config(), settings);
    untilStopped(Demo.start(load(moved, "demo.properties"), out));
    return 0;
  }

  private static RelayConfig load(CommandLine line, String defaultFile) throws ConfigException {
    Path home = Path.of(System.getProperty("tailtap.home", "."));
    Path file = line.config() != null ? line.config() : home.resolve("conf").resolve(defaultFile);
    return ConfigFile.load(file, line.overrides(), System.getenv(), Dialect.configNames());
  }

  /**
   * Waits for SIGTERM or SIGINT, and then closes in order. The JVM would report the signal as its
   * exit code; an orderly stop is a success, so the hook ends the process itself.
   */
  private static void untilStopped(AutoCloseable running) throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(running), "stop"));
    new CountDownLatch(1).await();
  }

  private static void stop(AutoCloseable running) {
    int exit = 0;
    try {
      running.close();
    } catch (Exception e) {
      exit = FAILED;
    }
    System.out.flush();
    Runtime.getRuntime().halt(exit);
  }
}
