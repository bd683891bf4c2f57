package dev.tailtap.soak;

import dev.tailtap.soak.SoakLoad.Saw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
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
                SoakPlan.of(each.getKey())
                    + " "
                    + each.getValue()
                    + " "
                    + load.trouble().get(each.getKey())
                    + ": "
                    + rows.get(each.getKey()))
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
    StringBuilder heads = new StringBuilder("|");
    StringBuilder line = new StringBuilder("|");
    StringBuilder values = new StringBuilder("|");
    columns()
        .forEach(
            (head, value) -> {
              heads.append(' ').append(head).append(" |");
              line.append("---:|");
              values.append(' ').append(value).append(" |");
            });
    return heads + "\n" + line + "\n" + values + "\n";
  }

  private Map<String, String> columns() {
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    columns.put("seconds", "%.0f".formatted(seconds));
    columns.put("JDK", Runtime.version().toString());
    columns.put("streams", "" + load.saw().size());
    columns.put("ended", "" + count(Saw.END));
    columns.put("left by the client", "" + count(Saw.LEFT));
    columns.put("reset by the upstream", "" + (count(Saw.CUT) + count(Saw.ERROR_ANSWER)));
    columns.put("slow readers", "" + slowReaders());
    columns.put("rows", "" + rowCount());
    columns.put("lost", "" + lost().size());
    columns.put("wrong", "" + wrong().size());
    columns.put("leaks", "" + leaks);
    columns.put("RSS MiB at 10 %, 50 %, 100 %", "%d, %d, %d".formatted(at(0.1), at(0.5), at(1)));
    columns.put(
        "mean RSS MiB of the 3rd, 4th quarter",
        "%.0f, %.0f".formatted(mean(0.5, 0.75), mean(0.75, 1)));
    columns.put(
        "direct MiB before, after",
        "%.1f, %.1f".formatted(directBefore / 1048576.0, directAfter / 1048576.0));
    return columns;
  }

  private long slowReaders() {
    return load.saw().keySet().stream().filter(number -> SoakPlan.of(number).slow()).count();
  }

  private boolean agrees(int number, Saw saw) {
    String row = rows.getOrDefault(number, "none");
    String whole = "completed " + number + " " + SoakPlan.COMPLETION_TOKENS;
    return switch (saw) {
      case END -> row.equals(whole);
      case CUT, ERROR_ANSWER -> row.matches("upstream_(reset|cut) [^,]*");
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
