package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a run was made, and which core each process of it gets: the process under test the first,
 * the driver the second, all others the rest. Immutable.
 *
 * @param cores that this process may run on
 * @param pins false: taskset is missing, or there is but one core
 */
record Machine(Path home, List<Integer> cores, boolean pins) {

  static Machine here() {
    Path home = Path.of(System.getProperty("tailtap.home", ".")).toAbsolutePath().normalize();
    List<Integer> cores = allowedCores();
    return new Machine(home, cores, cores.size() > 1 && found("taskset"));
  }

  /** Whether this program can be started. */
  static boolean found(String program) {
    return pathOf(program) != null;
  }

  /** Null: not installed. Also looks where a user's path often does not lead. */
  static String pathOf(String program) {
    List<String> places = new ArrayList<>(List.of(System.getenv("PATH").split(":", -1)));
    places.addAll(List.of("/usr/sbin", "/usr/local/sbin", "/sbin"));
    for (String place : places) {
      Path file = Path.of(place, program);
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        return file.toString();
      }
    }
    return null;
  }

  /** How many files a process may open if it asks for all; 65,536 at most. */
  static int openFiles() {
    return read("/proc/self/limits")
        .lines()
        .filter(line -> line.startsWith("Max open files"))
        .map(line -> line.strip().split(" +", -1)[4])
        .map(hard -> hard.equals("unlimited") ? 65_536L : Long.parseLong(hard))
        .mapToInt(hard -> (int) Math.min(65_536, hard))
        .findFirst()
        .orElse(1_024);
  }

  /**
   * To the first core; or to as many as are asked for, of which one is not the driver's if it can
   * be.
   */
  List<String> pinUnderTest(List<String> command, int count) {
    if (count == 1 || cores.size() == 1) {
      return pin(command, String.valueOf(cores.get(0)));
    }
    return pin(command, cores.get(0) + "," + cores.get(cores.size() > 2 ? 2 : 1));
  }

  List<String> pinDriver(List<String> command) {
    return pins ? pin(command, String.valueOf(cores.get(1))) : command;
  }

  /** Moves this very process, and what it starts, off the core under test. */
  void pinSelf() {
    if (pins) {
      List<Integer> rest = cores.subList(cores.size() > 2 ? 2 : 1, cores.size());
      String list = String.join(",", rest.stream().map(String::valueOf).toList());
      output("taskset", "-apc", list, String.valueOf(ProcessHandle.current().pid()));
    }
  }

  private List<String> pin(List<String> command, String core) {
    if (!pins) {
      return command;
    }
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", core));
    pinned.addAll(command);
    return pinned;
  }

  String commit() {
    String commit = output("git", "-C", home.toString(), "rev-parse", "--short=12", "HEAD");
    boolean changed =
        !output("git", "-C", home.toString(), "status", "--porcelain", "-uno").isEmpty();
    return commit.isEmpty() ? "unknown" : commit + (changed ? " and changes" : "");
  }

  String date() {
    return ZonedDateTime.now(ZoneOffset.UTC)
        .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'"));
  }

  /** Cores, processor, kernel, JDK, load. */
  String description() {
    return "%d cores (%s), Linux %s, JDK %s, %s; load when it began %s"
        .formatted(
            cores.size(),
            processor(),
            System.getProperty("os.version"),
            System.getProperty("java.vm.version"),
            pins ? "pinned: under test on core " + cores.get(0) : "not pinned",
            read("/proc/loadavg").split(" ", -1)[0]);
  }

  private static String processor() {
    return read("/proc/cpuinfo")
        .lines()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static List<Integer> allowedCores() {
    List<Integer> cores = new ArrayList<>();
    read("/proc/self/status")
        .lines()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .flatMap(line -> List.of(line.replaceAll("[^0-9,-]", "").split(",", -1)).stream())
        .forEach(
            range -> {
              int dash = range.indexOf('-');
              int from = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
              int to = dash < 0 ? from : Integer.parseInt(range.substring(dash + 1));
              for (int core = from; core <= to; core++) {
                cores.add(core);
              }
            });
    return cores.isEmpty() ? List.of(0) : cores;
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file), UTF_8);
    } catch (IOException absent) {
      return "";
    }
  }

  /** What a short command prints; empty if it fails. */
  static String output(String... command) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String out = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? out : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
