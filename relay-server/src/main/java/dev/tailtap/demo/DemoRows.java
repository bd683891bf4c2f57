package dev.tailtap.demo;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads the newest rows from the admin port, as anybody could. */
public final class DemoRows {
  /** What is shown of a call. */
  public static final List<String> OF_A_CALL =
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

  /** What is shown of each try of a call. */
  public static final List<String> OF_A_TRY =
      List.of("attempt", "upstream", "http_status", "outcome", "delivered", "total_tokens", "call");

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final JsonFactory json = new JsonFactory();
  private final HttpClient client;
  private final URI admin;

  public DemoRows(HttpClient client, URI admin) {
    this.client = client;
    this.admin = admin;
  }

  /** How many rows the relay has written so far. */
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

  /** What all calls have cost so far; 0 if none has a price. */
  public BigDecimal cost() throws IOException, InterruptedException {
    try (JsonParser stats = json.createParser(ObjectReadContext.empty(), get("/stats"))) {
      while (stats.nextToken() != null) {
        boolean number = stats.currentToken() != null && stats.currentToken().isNumeric();
        if (number && "cost".equals(stats.currentName())) {
          return stats.getDecimalValue();
        }
        if ("groups".equals(stats.currentName())) {
          return BigDecimal.ZERO;
        }
      }
    }
    throw new IOException("/stats names no groups");
  }

  /**
   * Waits until so many more rows are written than before, and shows them, the newest last.
   *
   * @param columns that are shown
   * @throws IOException if they do not come within seconds
   */
  public List<String> next(long before, int many, List<String> columns)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (count() < before + many) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the row of the call did not reach the database");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return newest(many, columns);
  }

  private List<String> newest(int many, List<String> columns)
      throws IOException, InterruptedException {
    ArrayDeque<Map<String, String>> rows =
        new ArrayDeque<>(); // the admin port begins with the newest
    try (JsonParser records =
        json.createParser(ObjectReadContext.empty(), get("/records?limit=" + many))) {
      while (records.nextToken() != null) {
        String name = records.currentName();
        if ("id".equals(name) && records.currentToken() == JsonToken.VALUE_STRING) {
          rows.addFirst(new HashMap<>());
        }
        if (records.currentToken().isScalarValue() && !rows.isEmpty()) {
          rows.getFirst().put(name, records.getValueAsString());
        }
      }
    }
    return rows.stream().map(row -> line(row, columns)).toList();
  }

  private static String line(Map<String, String> row, List<String> columns) {
    StringJoiner line = new StringJoiner("  ");
    for (String column : columns) {
      String value = row.get(column);
      line.add(column + "=" + (value == null ? "-" : value));
    }
    return line.toString();
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(admin.resolve(path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
