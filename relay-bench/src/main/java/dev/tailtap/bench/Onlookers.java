package dev.tailtap.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All that looks at a relay while it works, in this process and not in the relay's: a scraper every
 * five seconds, an open dashboard with its live figures and its questions, a collector of traces;
 * or somebody who has it read other settings again and again. Closed with the relay.
 */
final class Onlookers implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** As the page asks while it is looked at, in seconds. */
  private static final List<Question> DASHBOARD =
      List.of(
          new Question("/metrics", 5),
          new Question("/records?limit=20&usage_state=absent", 5),
          new Question("/records?limit=20", 5),
          new Question("/upstreams", 5),
          new Question("/first-event", 30),
          new Question("/stats?by=model", 30),
          new Question("/stats?by=hour", 30),
          new Question("/quality", 60));

  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final AtomicLong answers = new AtomicLong();
  private HttpServer collector; // null unless traces are wanted

  private record Question(String path, int everySeconds) {}

  /** The settings of a relay that has all on that tells of it, and takes what it exports. */
  String settings(Path dir) {
    try {
      collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    collector.createContext(
        "/v1/traces",
        exchange -> {
          try (InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
          }
          byte[] taken = {'{', '}'};
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, taken.length);
          exchange.getResponseBody().write(taken);
          exchange.close();
        });
    collector.start();
    return "log.calls="
        + dir.resolve("calls.jsonl")
        + "\ntrace.otlp=http://127.0.0.1:"
        + collector.getAddress().getPort()
        + "/v1/traces\nmetrics.gen-ai=true\n";
  }

  /** Looks on from now on. */
  void watch(int adminPort) {
    String base = "http://127.0.0.1:" + adminPort;
    for (Question each : DASHBOARD) {
      threads.scheduleAtFixedRate(
          () -> ask("GET", base + each.path), 1, each.everySeconds, TimeUnit.SECONDS);
    }
    threads.execute(() -> listen(base + "/live"));
  }

  /** Has it read other settings once a second. */
  void reload(int adminPort, Path config) {
    String base = "http://127.0.0.1:" + adminPort;
    List<String> lines;
    try {
      lines = new ArrayList<>(Files.readAllLines(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    AtomicLong turn = new AtomicLong();
    threads.scheduleAtFixedRate(
        () -> {
          boolean even = turn.getAndIncrement() % 2 == 0;
          List<String> next = new ArrayList<>(lines);
          next.add("limits.client-idle=" + (even ? "2m" : "3m"));
          next.add("upstream.other.url=http://127.0.0.1:" + (even ? 9 : 10));
          next.add("route.other.path=/other" + (even ? "" : "s"));
          next.add("route.other.upstream=other");
          write(config, next);
          ask("POST", base + "/reload");
        },
        1,
        1,
        TimeUnit.SECONDS);
  }

  private static void write(Path file, List<String> lines) {
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ask(String method, String url) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(PATIENCE)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      int status = client.send(request, BodyHandlers.discarding()).statusCode();
      if (status != 200) {
        System.err.println("bench: " + url + " answers " + status);
      }
      answers.getAndIncrement();
    } catch (IOException ended) {
      // The relay has.
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }

  private void listen(String url) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
    try {
      client
          .send(request, BodyHandlers.ofLines())
          .body()
          .forEach(line -> answers.getAndIncrement());
    } catch (IOException | RuntimeException ended) {
      // The relay has.
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    if (collector != null) {
      collector.stop(0);
    }
  }
}
