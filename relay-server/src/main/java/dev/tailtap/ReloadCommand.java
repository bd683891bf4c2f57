package dev.tailtap;

import dev.tailtap.config.AdminConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks the relay behind an admin port to read its settings again, and prints what it answers. */
record ReloadCommand(AdminConfig admin, PrintStream out) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int DONE = 200;
  private static final int REFUSED = 422;
  private static final int UNAUTHORIZED = 401;

  /**
   * Asks.
   *
   * @return whether the settings can be used
   * @throws IOException if there was no such answer; the message says what to do
   */
  boolean run() throws IOException, InterruptedException {
    URI page = URI.create("http://" + authority() + "/reload?format=text");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(page).timeout(PATIENCE).POST(HttpRequest.BodyPublishers.noBody());
    if (!admin.token().isEmpty()) {
      request.header("Authorization", "Bearer " + admin.token());
    }
    HttpResponse<String> answer;
    try {
      HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException("no relay answers at " + authority() + " (admin.listen)", e);
    }
    if (answer.statusCode() == UNAUTHORIZED) {
      throw new IOException(
          "the relay at "
              + authority()
              + " has another admin.token: send it SIGHUP, or --set admin.token to that");
    }
    if (answer.statusCode() != DONE && answer.statusCode() != REFUSED) {
      throw new IOException("the relay at " + authority() + " answers " + answer.statusCode());
    }
    out.print(answer.body());
    return answer.statusCode() == DONE;
  }

  private String authority() throws IOException {
    InetSocketAddress listen = admin.listen();
    if (listen.getPort() == 0) {
      throw new IOException(
          "admin.listen has no port of its own: --set admin.listen to the one that the relay"
              + " printed, or send it SIGHUP");
    }
    InetAddress address =
        listen.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : listen.getAddress();
    String host = address.getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + listen.getPort();
  }
}
