package dev.tailtap.fault;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.StreamLoad;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the admin port says, held against what is so: alive, admitting exactly when it says so,
 * figures at any time, and a read of the database that is answered or refused before long.
 */
final class AdminTruth {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Patience.TIME).build();

  /** The relay itself allows itself two seconds to find that the database is away. */
  private static final Duration BEFORE_LONG =
      FaultGround.THOROUGH ? Duration.ofSeconds(4) : Patience.TIME; // no times in a build

  private final Map<String, String> said = new TreeMap<>();
  private final List<String> lies = new ArrayList<>();
  private double longestStall;
  private double longestControl;
  private double longestExcess;
  private double longestOwn;

  /** Asks once, while a fault lasts or after it. */
  void ask(int adminPort, StreamLoad load) throws Exception {
    expect(get(adminPort, "/healthz"), 200);
    note(get(adminPort, "/metrics").body());
    readiness(adminPort, load);
    read(adminPort, "/stats");
    read(adminPort, "/records?limit=1");
  }

  /** What was said that is not so. */
  List<String> lies() {
    return lies;
  }

  /** What was said of the database and of admission, for the report. */
  String said(String page) {
    return said.getOrDefault(page, "-");
  }

  /** Takes the probe's figures from a page of metrics, which forgets them. */
  void note(String metrics) {
    longestStall = Math.max(longestStall, value(metrics, "loop_probe_stall_seconds_max"));
    longestControl = Math.max(longestControl, value(metrics, "loop_probe_control_seconds_max"));
    longestExcess = Math.max(longestExcess, value(metrics, "loop_probe_excess_seconds_max"));
    longestOwn = Math.max(longestOwn, value(metrics, "loop_probe_own_seconds_max"));
  }

  /** What was noted so far belongs to the start of the process. */
  void forgetStalls() {
    longestStall = 0;
    longestControl = 0;
    longestExcess = 0;
    longestOwn = 0;
  }

  String stalls() {
    return String.format(
        Locale.ROOT,
        "%.1f | %.1f | %.1f | %.1f",
        1e3 * longestStall,
        1e3 * longestControl,
        1e3 * longestExcess,
        1e3 * longestOwn);
  }

  static HttpResponse<String> get(int port, String page) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + page);
    return HTTP.send(
        HttpRequest.newBuilder(uri).timeout(BEFORE_LONG).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static double value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith("tailtap_" + name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /**
   * Asked before and after a call, because it may change in between, and more than once on a busy
   * machine; then another call. What is untrue stays so.
   */
  private void readiness(int adminPort, StreamLoad load) throws Exception {
    String lie = "/readyz changed all the time";
    for (int attempt = 0; attempt < 50; attempt++) {
      int before = get(adminPort, "/readyz").statusCode();
      boolean admitted = load.admitsOne();
      int after = get(adminPort, "/readyz").statusCode();
      if (before == after && admitted == (before == 200)) {
        said.merge("/readyz", Integer.toString(before), AdminTruth::either);
        return;
      }
      if (before == after) {
        lie = "/readyz said %d, and a call was admitted: %b".formatted(before, admitted);
      }
    }
    lies.add(lie);
  }

  private void read(int adminPort, String page) throws Exception {
    long began = System.nanoTime();
    HttpResponse<String> answer = get(adminPort, page);
    long millis = (System.nanoTime() - began) / 1_000_000;
    boolean refused = answer.body().contains("\"code\":\"database_unavailable\"");
    if (answer.statusCode() != 200 && !(answer.statusCode() == 503 && refused)) {
      expect(answer, 503);
    }
    String name = page.replaceFirst("\\?.*", "");
    said.merge(name, Integer.toString(answer.statusCode()), AdminTruth::either);
    said.merge("slowest", Long.toString(millis), AdminTruth::larger);
  }

  private void expect(HttpResponse<String> answer, int status) {
    if (answer.statusCode() != status || answer.body().isEmpty()) {
      lies.add(answer.uri().getPath() + " said " + answer.statusCode() + " " + answer.body());
    }
  }

  private static String either(String one, String other) {
    return one.contains(other) ? one : one + ", " + other;
  }

  private static String larger(String one, String other) {
    return Long.parseLong(one) > Long.parseLong(other) ? one : other;
  }
}
