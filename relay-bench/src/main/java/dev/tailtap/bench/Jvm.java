package dev.tailtap.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How Java processes of the run are started: by this JDK, with the launcher's flags. */
final class Jvm {
  private Jvm() {}

  static List<String> command(List<String> flags, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(program("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(flags);
    command.addAll(
        List.of(
            "-Dio.netty.leakDetection.level=disabled",
            "-cp",
            System.getProperty("java.class.path"),
            mainClass));
    command.addAll(arguments);
    return command;
  }

  /** What the user adds for a relay, which the bare one gets too. */
  static List<String> relayFlags() {
    String own = System.getenv("RELAY_JAVA_OPTS");
    return own == null || own.isBlank() ? List.of() : List.of(own.strip().split(" +", -1));
  }

  /** Collects all garbage of a process, so that what stays resident is what it holds. */
  static void collect(long pid) {
    Machine.output(program("jcmd"), String.valueOf(pid), "GC.run");
  }

  static String program(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }
}
