package dev.tailtap;

import dev.tailtap.SoakLoad.Saw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a soak showed: its streams against their rows, and the relay's memory over time. */
record SoakReport(
    SoakLoad load,
    Map<Integer, String> rows,
    int leaks,
    long directBefore,
    long directAfter,
    List<Long> residentKibibytes,
    double seconds) {
  private static final double FLAT = 1.10;

  long count(Saw what) {
    return load.saw().values().stream().filter(what::equals).count();
  }

  int rowCount() {
    return rows.size();
  }

  /** Streams that reached the provider, or whose client saw something of it, without a row. */
  List<Integer> lost() {
    return load.saw().entrySet().stream()
        .filter(stream -> !rows.containsKey(stream.getKey()))
        .filter(
            stream ->
                load.asked().contains(stream.getKey())
                    || stream.getValue() == Saw.END
                    || stream.getValue() == Saw.CUT)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Streams whose row, or whose want of one, contradicts what the client saw. */
  List<String> wrong() {
    return load.saw().entrySet().stream()
        .filter(stream -> !agrees(stream.getKey(), stream.getValue()))
        .map(
            each ->
                SoakPlan.of(each.getKey()) + " " + each.getValue() + ": " + rows.get(each.getKey()))
        .toList();
  }

  long directGrowth() {
    return directAfter - directBefore;
  }

  /** Whether the last quarter of the time took no more memory than the one before. */
  boolean isFlat() {
    return mean(0.75, 1) < FLAT * mean(0.5, 0.75);
  }

  /** Writes the table; nowhere if there is no file. */
  void write(String file) throws IOException {
    if (file != null) {
      Files.writeString(Path.of(file), toString());
    }
  }

  @Override
  public String toString() {
    return """
        | streams | ended | aborted by the client | reset by the upstream | slow readers | rows | lost | wrong | leaks | direct MiB before, after | RSS MiB at 10 %%, 50 %%, 100 %% | mean RSS MiB of the 3rd, 4th quarter | seconds |
        |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
        | %d | %d | %d | %d | %d | %d | %d | %d | %d | %.1f, %.1f | %d, %d, %d | %.0f, %.0f | %.0f |
        """
        .formatted(
            load.saw().size(),
            count(Saw.END),
            count(Saw.LEFT),
            count(Saw.CUT) + count(Saw.ERROR_ANSWER),
            load.saw().keySet().stream().filter(number -> SoakPlan.of(number).slow()).count(),
            rowCount(),
            lost().size(),
            wrong().size(),
            leaks,
            directBefore / 1048576.0,
            directAfter / 1048576.0,
            at(0.1),
            at(0.5),
            at(1),
            mean(0.5, 0.75),
            mean(0.75, 1),
            seconds);
  }

  private boolean agrees(int number, Saw saw) {
    String row = rows.getOrDefault(number, "none");
    String whole = "completed " + number + " " + SoakPlan.COMPLETION_TOKENS;
    return switch (saw) {
      case END -> row.equals(whole);
      case CUT -> row.matches("upstream_reset [^,]*");
      case ERROR_ANSWER -> row.matches("(upstream_reset|unreachable) [^,]*");
      case LEFT -> row.equals(whole) || row.matches("(client_gone|none)[^,]*");
      case REFUSAL, NOTHING -> false;
    };
  }

  private long at(double share) {
    int index = (int) Math.round(share * (residentKibibytes.size() - 1));
    return residentKibibytes.get(index) / 1024;
  }

  private double mean(double from, double to) {
    int size = residentKibibytes.size();
    return residentKibibytes.subList((int) (from * size), (int) (to * size)).stream()
            .mapToLong(Long::longValue)
            .average()
            .orElse(0)
        / 1024;
  }
}
