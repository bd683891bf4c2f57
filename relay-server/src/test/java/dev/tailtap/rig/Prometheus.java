package dev.tailtap.rig;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A real Prometheus of this machine. */
public final class Prometheus implements AutoCloseable {
  private final int port = FreePort.choose();
  private final HttpClient http = HttpClient.newHttpClient();
  private final ServerProgram server;

  /** Starts it with this configuration. */
  public Prometheus(Path dir, Path config) throws IOException {
    List<String> command =
        List.of(
            ServerProgram.find("prometheus").toString(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + dir.resolve("tsdb"),
            "--web.listen-address=127.0.0.1:" + port);
    server = new ServerProgram(command, dir.resolve("prometheus.log"), port);
  }

  public static boolean installed() {
    return ServerProgram.find("prometheus") != null && ServerProgram.find("promtool") != null;
  }

  /** Asks until the JSON of the answer is as wanted. */
  public String await(String path, Predicate<String> wanted)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    long deadline = System.nanoTime() + Patience.NANOS;
    String said = ask(uri);
    while (!wanted.test(said)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(path + ": " + said);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      said = ask(uri);
    }
    return said;
  }

  /** The same of an instant query. */
  public String awaitQuery(String query, Predicate<String> wanted)
      throws IOException, InterruptedException {
    return await("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8), wanted);
  }

  private String ask(URI uri) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  @Override
  public void close() {
    server.close();
  }
}
