package dev.tailtap.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.tailtap.config.AdminConfig;
import dev.tailtap.store.DatabaseAwayException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request to the admin port passes: host or token, path, method; then its endpoint
 * answers. Any thread of the port; holds no state.
 */
final class AdminHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);
  private static final Set<String> UNGUARDED = Set.of("/healthz", "/readyz");
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+]");
  private static final Set<String> METHODS = Set.of("GET", "HEAD");

  private final byte[] credentials;
  private final String host;
  private final Endpoints endpoints;
  private final AdminThreads threads;

  /**
   * Guards the pages with a token.
   *
   * @param config without a token, everyone may ask who names a host that is meant
   */
  AdminHandler(AdminConfig config, Endpoints endpoints, AdminThreads threads) {
    this.credentials = config.token().isEmpty() ? new byte[0] : bytes("Bearer " + config.token());
    this.host = config.listen().getHostString();
    this.endpoints = endpoints;
    this.threads = threads;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    threads.received();
    try (exchange) {
      send(exchange, answer(exchange));
    }
  }

  private Reply answer(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    if (!UNGUARDED.contains(path) && credentials.length == 0 && !namesThisMachine(exchange)) {
      return Reply.error(
          421, "invalid_request_error", "wrong_host", "Ask by address, or as localhost");
    }
    if (!UNGUARDED.contains(path) && !isAuthorized(exchange)) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      return Reply.error(
          401,
          "authentication_error",
          "invalid_token",
          "Send Authorization: Bearer, with the token of admin.token");
    }
    Endpoint endpoint = endpoints.at(path);
    if (endpoint == null) {
      return Reply.error(
          404, "invalid_request_error", "not_found", "No such page; GET / lists them");
    }
    if (!METHODS.contains(exchange.getRequestMethod())) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return Reply.error(
          405, "invalid_request_error", "method_not_allowed", "Only GET and HEAD are answered");
    }
    return ask(endpoint, exchange);
  }

  private static Reply ask(Endpoint endpoint, HttpExchange exchange) {
    try {
      Query query = Query.of(exchange.getRequestURI().getRawQuery());
      return endpoint.answer(query, exchange.getRequestHeaders().getFirst("Accept"));
    } catch (Query.BadParameter bad) {
      return Reply.error(400, "invalid_request_error", "bad_parameter", bad.getMessage());
    } catch (DatabaseAwayException away) {
      return Reply.error(503, "server_error", "database_unavailable", away.getMessage());
    } catch (IOException | RuntimeException bug) {
      LOG.error("event=admin_failed path={}", exchange.getRequestURI().getPath(), bug);
      return Reply.error(500, "server_error", "internal_error", "See the log of the relay");
    }
  }

  private boolean isAuthorized(HttpExchange exchange) {
    String sent = exchange.getRequestHeaders().getFirst("Authorization");
    return credentials.length == 0
        || (sent != null && MessageDigest.isEqual(credentials, bytes(sent)));
  }

  /**
   * Whether the request names this machine in a way that no stranger can choose. A web page may let
   * a name of its own lead here, and read in the browser of whoever opens it (DNS rebinding); it
   * cannot make the browser say an address or localhost instead.
   */
  private boolean namesThisMachine(HttpExchange exchange) {
    String field = exchange.getRequestHeaders().getFirst("Host");
    String name = field == null ? "localhost" : field.replaceFirst(":\\d*$", "");
    return name.equalsIgnoreCase("localhost")
        || name.equalsIgnoreCase(host)
        || ADDRESS.matcher(name).matches();
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", reply.contentType());
    headers.set("Cache-Control", "no-store");
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(reply.body().length));
      exchange.sendResponseHeaders(reply.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(reply.status(), reply.body().length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(reply.body());
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
