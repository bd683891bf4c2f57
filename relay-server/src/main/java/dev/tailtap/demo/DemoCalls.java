package dev.tailtap.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;

/** Answers one call after the other, each in the dialect that its path belongs to. */
final class DemoCalls implements HttpHandler {
  private static final int LARGEST_BODY = 32 << 20;
  private static final String MODELS =
      """
      {"object":"list","data":[\
      {"id":"demo-large","object":"model","created":1767225600,"owned_by":"tailtap"},\
      {"id":"demo-small","object":"model","created":1767225600,"owned_by":"tailtap"}]}
      """;

  private static final List<Dialect> DIALECTS =
      List.of(
          new GeminiDialect(), new MessagesDialect(), new ResponsesDialect(), new ChatDialect());

  private final Duration pace;
  private final CountDownLatch closing;
  private volatile boolean down; // set by whoever has the provider

  /**
   * Answers at a pace.
   *
   * @param closing ends every pause
   */
  DemoCalls(Duration pace, CountDownLatch closing) {
    this.pace = pace;
    this.closing = closing;
  }

  /** Whether from now on each call is answered 503, and not worked on. */
  void down(boolean nowDown) {
    down = nowDown;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    // Closed only after a whole answer: closing would end a broken one as if it were whole. What is
    // thrown makes the server cut the connection.
    try {
      answer(exchange);
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    exchange.close();
  }

  private void answer(HttpExchange exchange) throws IOException, InterruptedException {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getPath();
    Dialect dialect = dialectOf(path);
    if (down) {
      fail(exchange, dialect, 503, "The server is overloaded. Please retry later.");
    } else if (method.equals("GET") && path.equals("/v1/models")) {
      send(exchange, 200, "application/json", MODELS);
    } else if (!dialect.serves(path)) {
      fail(exchange, dialect, 404, "Unknown request URL: " + method + " " + path);
    } else if (!method.equals("POST")) {
      exchange.getResponseHeaders().set("Allow", "POST");
      fail(exchange, dialect, 405, "Not allowed to " + method + " on " + path);
    } else {
      speak(exchange, dialect);
    }
  }

  /** The last one, OpenAI's chat, also answers for paths that are nobody's. */
  static Dialect dialectOf(String path) {
    return DIALECTS.stream()
        .filter(dialect -> path.startsWith(dialect.prefix()))
        .findFirst()
        .orElseThrow();
  }

  private void speak(HttpExchange exchange, Dialect dialect)
      throws IOException, InterruptedException {
    byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY);
    Prompt prompt;
    try {
      prompt = dialect.read(exchange.getRequestURI(), body);
    } catch (JacksonException bad) {
      fail(exchange, dialect, 400, "We could not parse the JSON body of your request.");
      return;
    }
    if (prompt.model().isEmpty()) {
      fail(exchange, dialect, 400, "You must provide a model parameter.");
      return;
    }
    dialect.headers(prompt).forEach(exchange.getResponseHeaders()::set);
    if (prompt.streamed()) {
      stream(exchange, dialect.streamType(prompt), dialect.stream(prompt));
    } else {
      send(exchange, 200, "application/json", dialect.whole(prompt));
    }
  }

  private void stream(HttpExchange exchange, String type, List<String> events)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    for (String event : events) {
      if (closing.await(pace.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new InterruptedIOException("the provider closes");
      }
      out.write(event.getBytes(UTF_8));
      out.flush();
    }
  }

  private static void fail(HttpExchange exchange, Dialect dialect, int status, String message)
      throws IOException {
    send(exchange, status, "application/json", dialect.failure(status, message));
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
