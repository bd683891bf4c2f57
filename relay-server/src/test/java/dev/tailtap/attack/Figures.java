package dev.tailtap.attack;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/** What a relay's metrics page says; a page that does not come says nothing. */
final class Figures {
  private static final Duration PATIENCE = Ground.WHOLE ? Duration.ofSeconds(5) : Patience.TIME;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI page;

  Figures(RelayProcess relay) throws IOException {
    page = URI.create("http://127.0.0.1:" + relay.adminPort() + "/metrics");
  }

  /** One look at all of them. */
  static final class Scrape {
    private final List<String> lines;

    private Scrape(List<String> lines) {
      this.lines = lines;
    }

    boolean came() {
      return !lines.isEmpty();
    }

    /** The sum over the labels of a figure; empty if it is not there. */
    OptionalDouble figure(String name) {
      List<String> found =
          lines.stream()
              .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
              .toList();
      return found.isEmpty()
          ? OptionalDouble.empty()
          : OptionalDouble.of(found.stream().mapToDouble(Scrape::value).sum());
    }

    /** The value of a figure for one label. */
    OptionalDouble figure(String name, String label) {
      return lines.stream()
          .filter(line -> line.startsWith(name + "{") && line.contains("\"" + label + "\""))
          .mapToDouble(Scrape::value)
          .findFirst();
    }

    /** The names of all figures with their labels. */
    Set<String> series() {
      return lines.stream()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.substring(0, line.lastIndexOf(' ')))
          .collect(Collectors.toSet());
    }

    double heapBytes() {
      return lines.stream()
          .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\"}"))
          .mapToDouble(Scrape::value)
          .sum();
    }

    private static double value(String line) {
      return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }
  }

  Scrape scrape() throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(page).timeout(PATIENCE).build();
      return new Scrape(
          http.send(request, HttpResponse.BodyHandlers.ofString()).body().lines().toList());
    } catch (IOException away) {
      return new Scrape(List.of());
    }
  }
}
