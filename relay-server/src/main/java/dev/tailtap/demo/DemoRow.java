package dev.tailtap.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads the newest row from the admin port, as anybody could. */
public final class DemoRow {
  private static final List<String> SHOWN =
      List.of(
          "dialect",
          "response_model",
          "finish_reason",
          "outcome",
          "usage_state",
          "prompt_tokens",
          "completion_tokens",
          "total_tokens",
          "cached_tokens",
          "reasoning_tokens",
          "frames",
          "latency_ms");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final JsonFactory json = new JsonFactory();
  private final HttpClient client;
  private final URI admin;

  public DemoRow(HttpClient client, URI admin) {
    this.client = client;
    this.admin = admin;
  }

  /** How many calls the relay has written so far. */
  public long count() throws IOException, InterruptedException {
    try (JsonParser stats = json.createParser(ObjectReadContext.empty(), get("/stats"))) {
      while (stats.nextToken() != null) {
        if (stats.currentToken() == JsonToken.VALUE_NUMBER_INT
            && "calls".equals(stats.currentName())) {
          return stats.getLongValue();
        }
      }
    }
    throw new IOException("/stats names no calls");
  }

  /**
   * Waits until more calls are written than before, and shows the newest row.
   *
   * @throws IOException if none comes within seconds
   */
  public String next(long before) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (count() <= before) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the row of the call did not reach the database");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return newest();
  }

  private String newest() throws IOException, InterruptedException {
    Map<String, String> row = new LinkedHashMap<>();
    SHOWN.forEach(column -> row.put(column, null));
    try (JsonParser records =
        json.createParser(ObjectReadContext.empty(), get("/records?limit=1"))) {
      while (records.nextToken() != null) {
        String name = records.currentName();
        if (records.currentToken().isScalarValue() && row.containsKey(name)) {
          row.put(name, records.getValueAsString());
        }
      }
    }
    StringJoiner line = new StringJoiner("  ");
    row.forEach((column, value) -> line.add(column + "=" + (value == null ? "-" : value)));
    return line.toString();
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(admin.resolve(path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
