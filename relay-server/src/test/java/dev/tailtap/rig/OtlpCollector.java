package dev.tailtap.rig;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Takes spans by OTLP/HTTP with JSON, and keeps those that it did not refuse. */
public final class OtlpCollector implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * How a request is answered.
   *
   * @param retryAfter null: it is not said
   */
  public record Reply(int status, String retryAfter, String body) {
    public static final Reply TAKEN = new Reply(200, null, "{}");
  }

  private final HttpServer server;
  private final List<Reply> replies; // the first ones; then all is taken
  private final List<JsonNode> spans = new ArrayList<>(); // guarded by this, as the next
  private final List<String> requests = new ArrayList<>();

  /** One whose first answers are these. */
  public OtlpCollector(Reply... first) throws IOException {
    replies = new ArrayList<>(List.of(first));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  /** For the setting {@code trace.otlp}. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
  }

  /** The spans so far, once there are so many, in the order in which they came. */
  public List<JsonNode> spans(int atLeast) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      synchronized (this) {
        if (spans.size() >= atLeast) {
          return List.copyOf(spans);
        }
        if (System.nanoTime() > deadline) {
          throw new AssertionError(spans.size() + " spans of " + atLeast + ": " + spans);
        }
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** The bodies of all requests so far, those that were refused included. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /** The value of an attribute as text; null: the span has none of that name. */
  public static String attribute(JsonNode span, String key) {
    for (JsonNode attribute : span.path("attributes")) {
      if (attribute.path("key").asText().equals(key)) {
        JsonNode value = attribute.path("value");
        return value.has("arrayValue")
            ? value.path("arrayValue").path("values").path(0).path("stringValue").asText()
            : value.elements().next().asText();
      }
    }
    return null;
  }

  private synchronized void take(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests.add(new String(body, StandardCharsets.UTF_8));
    Reply reply = replies.isEmpty() ? Reply.TAKEN : replies.remove(0);
    if (reply.status() == 200) {
      MAPPER.readTree(body).findValue("spans").forEach(spans::add);
    }
    if (reply.retryAfter() != null) {
      exchange.getResponseHeaders().set("Retry-After", reply.retryAfter());
    }
    boolean json = "application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"));
    byte[] answer = reply.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(json ? reply.status() : 415, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
