package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux tells of processes in /proc: their CPU time and their memory. */
public final class Proc {
  private static final long TICK_NS = 10_000_000; // USER_HZ is 100 on every platform of ours

  private Proc() {}

  /** CPU time of a whole process, ended threads included, as /proc/PID/stat has it. */
  public record Cpu(long userNs, long systemNs) {
    public long totalNs() {
      return userNs + systemNs;
    }

    public Cpu minus(Cpu earlier) {
      return new Cpu(userNs - earlier.userNs, systemNs - earlier.systemNs);
    }
  }

  /** The sum over these processes; one that is gone counts nothing. */
  public static Cpu cpu(List<Long> pids) {
    long user = 0;
    long system = 0;
    for (long pid : pids) {
      String stat = read(Path.of("/proc/" + pid + "/stat"));
      if (!stat.isEmpty()) {
        // The name stands in parentheses and may hold anything; utime and stime are 14 and 15.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        user += Long.parseLong(fields[11]) * TICK_NS;
        system += Long.parseLong(fields[12]) * TICK_NS;
      }
    }
    return new Cpu(user, system);
  }

  /** Time on a core by the scheduler's clock, in nanoseconds, of the threads that live now. */
  public static long scheduledNs(List<Long> pids) {
    long total = 0;
    for (long pid : pids) {
      try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
        for (Path thread : threads.toList()) {
          String[] fields = read(thread.resolve("schedstat")).split(" ", -1);
          total += fields[0].isEmpty() ? 0 : Long.parseLong(fields[0].strip());
        }
      } catch (IOException gone) {
        total += 0;
      }
    }
    return total;
  }

  /** Resident memory in bytes, summed over these processes. */
  public static long residentBytes(List<Long> pids) {
    long kib = 0;
    for (long pid : pids) {
      kib +=
          read(Path.of("/proc/" + pid + "/status"))
              .lines()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum();
    }
    return kib * 1024;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException gone) {
      return "";
    }
  }
}
