package dev.tailtap.fault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Draws how many requests came to each upstream, second by second, and what happened meanwhile. */
final class SharesPlot {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 400;
  private static final int LEFT = 70;
  private static final int RIGHT = 900;
  private static final int TOP = 50;
  private static final int BOTTOM = 340;
  private static final int MOST_TICKS = 12;
  private static final List<String> COLORS = List.of("#2b7bba", "#2e8b57", "#d9a400");

  private record Event(double at, String what) {}

  private final Map<String, TreeMap<Integer, Integer>> counts = new TreeMap<>();
  private final List<Event> events = new ArrayList<>();
  private final StringBuilder out = new StringBuilder();

  /** Something happened. */
  void event(double second, String what) {
    events.add(new Event(second, what));
  }

  /** A request came. */
  void count(String upstream, double second) {
    if (second >= 0) {
      counts
          .computeIfAbsent(upstream, name -> new TreeMap<>())
          .merge((int) second, 1, Integer::sum);
    }
  }

  void write(String file) throws IOException {
    Files.writeString(Path.of(file), svg());
  }

  /** The last second is not whole, and is left out. */
  private String svg() {
    int seconds = counts.values().stream().mapToInt(TreeMap::lastKey).max().orElse(1);
    int most = 1;
    for (TreeMap<Integer, Integer> each : counts.values()) {
      most =
          Math.max(most, each.headMap(seconds).values().stream().max(Integer::compare).orElse(1));
    }
    add("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d'", WIDTH, HEIGHT);
    add(" role='img' font-family='sans-serif' font-size='12'>");
    add("<rect width='%d' height='%d' fill='#fff'/>\n", WIDTH, HEIGHT);
    text(LEFT, 20, "start", "Requests that came to each of three upstreams, 200 streams at a time");
    axes(seconds, most);
    for (Event event : events) {
      double x = x(event.at(), seconds);
      line(x, TOP - 10, x, BOTTOM, "#d1495b");
      text(x + 4, TOP - 4, "start", event.what());
    }
    int index = 0;
    for (String upstream : counts.keySet()) {
      draw(upstream, index++, seconds, most);
    }
    return out.append("</svg>\n").toString();
  }

  private void axes(int seconds, int most) {
    int every = 1 + seconds / MOST_TICKS;
    for (int second = 0; second <= seconds; second += every) {
      double x = x(second, seconds);
      line(x, TOP, x, BOTTOM, "#eee");
      text(x, BOTTOM + 18, "middle", Integer.toString(second));
    }
    int step = 20 * (1 + most / 100);
    for (int value = 0; value <= most; value += step) {
      line(LEFT, y(value, most), RIGHT, y(value, most), "#eee");
      text(LEFT - 8, y(value, most) + 4, "end", Integer.toString(value));
    }
    text((LEFT + RIGHT) / 2.0, HEIGHT - 16, "middle", "seconds");
    text(LEFT, TOP - 14, "end", "per second");
  }

  private void draw(String upstream, int index, int seconds, int most) {
    StringBuilder path = new StringBuilder();
    for (int second = 0; second < seconds; second++) {
      int count = counts.get(upstream).getOrDefault(second, 0);
      path.append(
          String.format(Locale.ROOT, "%.1f,%.1f ", x(second + 0.5, seconds), y(count, most)));
    }
    String color = COLORS.get(index);
    add("<polyline fill='none' stroke-width='2' stroke='%s' points='%s'/>\n", color, path);
    double y = TOP + 10 + 20.0 * index;
    add("<rect x='%d' y='%.1f' width='14' height='4' fill='%s'/>", RIGHT + 15, y - 6, color);
    text(RIGHT + 35, y, "start", upstream);
  }

  private static double x(double second, int seconds) {
    return LEFT + (RIGHT - LEFT) * second / seconds;
  }

  private static double y(double value, int most) {
    return BOTTOM - (BOTTOM - TOP) * value / most;
  }

  private void line(double x1, double y1, double x2, double y2, String color) {
    add("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>\n", x1, y1, x2, y2, color);
  }

  private void text(double x, double y, String anchor, String words) {
    add("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>\n", x, y, anchor, words);
  }

  private void add(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
