package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What each round measured of each subject, before any median is taken: a file of comma-separated
 * values, all times in nanoseconds, an empty field where nothing was measured.
 */
final class RoundsFile {
  private static final Map<String, ToDoubleFunction<LoadResult>> FIGURES = figures();

  private final List<String> lines = new ArrayList<>();

  RoundsFile() {
    lines.add("load,round,contestant," + String.join(",", FIGURES.keySet()));
  }

  /** Takes the rounds of a load; a comma in its name is none in the file. */
  void add(String load, SideBySide all) {
    for (int round = 0; round < all.rounds(); round++) {
      for (String name : all.names()) {
        LoadResult result = all.result(name, round);
        String figures =
            FIGURES.values().stream()
                .map(figure -> text(figure.applyAsDouble(result)))
                .collect(Collectors.joining(","));
        lines.add("%s,%d,%s,%s".formatted(plain(load), round + 1, plain(name), figures));
      }
    }
  }

  void write(Path file) throws IOException {
    Files.write(file, lines);
  }

  private static String plain(String name) {
    return name.replace(",", "");
  }

  private static Map<String, ToDoubleFunction<LoadResult>> figures() {
    Map<String, ToDoubleFunction<LoadResult>> figures = new TreeMap<>();
    figures.put("cpu_per_event", SideBySide::cpuPerEvent);
    figures.put("events", result -> result.windowEvents());
    figures.put("bytes", result -> result.windowBytes());
    figures.put("cpu", result -> result.cpuNs());
    figures.put("driver_cpu", result -> result.driverNs());
    figures.put("window", result -> result.windowNs());
    figures.put("call_p50", SideBySide.call(50));
    figures.put("call_p99", SideBySide.call(99));
    figures.put("client_handshakes", result -> result.handshakes().client());
    figures.put("client_handshakes_whole", result -> result.handshakes().clientWhole());
    figures.put("provider_handshakes", result -> result.handshakes().provider());
    figures.put("provider_handshakes_whole", result -> result.handshakes().providerWhole());
    figures.put("first_byte_p50", SideBySide.firstByte(50));
    figures.put("first_byte_p99", SideBySide.firstByte(99));
    for (double percentile : new double[] {50, 99, 99.9}) {
      String tail = "_p" + String.valueOf(percentile).replaceFirst("\\.0$", "");
      figures.put("delay_from_due" + tail, SideBySide.dueDelay(percentile));
      figures.put("delay_from_written" + tail, SideBySide.delay(percentile));
    }
    return figures;
  }

  private static String text(double figure) {
    return Double.isNaN(figure) ? "" : String.format(Locale.ROOT, "%.0f", figure);
  }
}
