package dev.tailtap.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS to the upstream and to the client, with certificates made for the occasion. */
class HttpsTest {
  private static final String BODY =
      "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
  private static final String STREAM =
      """
      data: {"id":"c-1","model":"m-1","choices":[{"index":0,"delta":{"content":"Hi"}}]}

      data: {"id":"c-1","model":"m-1","choices":[],"usage":\
      {"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}

      data: [DONE]

      """;

  @TempDir private static Path dir;
  private static Certificate localhost;
  private static Certificate elsewhere;

  @BeforeAll
  static void makeCertificates() throws Exception {
    localhost = Certificate.of(dir, "localhost", "dns:localhost,ip:127.0.0.1");
    elsewhere = Certificate.of(dir, "elsewhere.example", "dns:elsewhere.example");
  }

  @Test
  @Rule(
      value = "An upstream is trusted by the certificates that the configuration names.",
      source = "RFC 9110 section 4.3.4")
  void relaysAStreamOfAnUpstreamWhoseCertificateItWasToldToTrust() throws Exception {
    try (SecureProvider provider = new SecureProvider(localhost);
        RelayRig rig = trusting(provider, localhost)) {
      HttpClient client = HttpClient.newHttpClient(); // one connection, thus one event loop
      assertEquals(STREAM, post(client, rig.url()).body());
      Map<String, Object> row = rig.row();
      assertEquals("completed", row.get("outcome"));
      assertEquals(7L, row.get("total_tokens"));
      assertEquals(STREAM, post(client, rig.url()).body());
      rig.awaitMetric("tailtap_upstream_reuses_total{upstream=\"test\"} 1.0");
    }
  }

  @Test
  @Rule(
      value = "An upstream whose certificate nobody vouches for is refused.",
      source = "RFC 9110 section 4.3.4")
  void refusesAnUpstreamWhoseCertificateNobodyVouchesFor() throws Exception {
    try (SecureProvider provider = new SecureProvider(localhost);
        RelayRig rig = new RelayRig(provider.url())) {
      assertRefused(rig, "upstream_certificate_refused");
    }
  }

  @Test
  @Rule(
      value = "An upstream with the certificate of another host is refused.",
      source = "RFC 9110 section 4.3.4")
  void refusesAnUpstreamWithTheCertificateOfAnotherHost() throws Exception {
    try (SecureProvider provider = new SecureProvider(elsewhere);
        RelayRig rig = trusting(provider, elsewhere)) {
      assertRefused(rig, "upstream_certificate_refused");
    }
  }

  @Test
  @Rule(value = "An upstream that speaks no TLS is refused.", source = "RFC 9110 section 4.3.4")
  void refusesAnUpstreamThatSpeaksNoTls() throws Exception {
    try (DemoProvider provider = DemoProvider.open(0, Duration.ZERO);
        RelayRig rig =
            new RelayRig(
                "https://localhost:" + provider.port(), "upstream.test.connect-timeout", "300ms")) {
      assertRefused(rig, "upstream_tls_failed");
    }
  }

  @Test
  @Rule(value = "Clients are served over TLS.", source = "RFC 9112 section 9.7")
  void servesAStreamOverTls() throws Exception {
    try (SecureProvider provider = new SecureProvider(localhost);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "upstream.test.tls.trust",
                localhost.pem().toString(),
                "relay.tls.certificate",
                localhost.pem().toString(),
                "relay.tls.key",
                localhost.key().toString())) {
      HttpClient client = HttpClient.newBuilder().sslContext(localhost.trust()).build();
      String url = "https://localhost:" + rig.relay().port();
      HttpResponse<String> answer = post(client, url);
      assertEquals(STREAM, answer.body());
      assertEquals("TLSv1.3", answer.sslSession().orElseThrow().getProtocol());
      assertEquals(200, rig.row().get("http_status"));
      assertEquals(7L, rig.row().get("total_tokens"));
      assertThrows(SSLException.class, () -> post(HttpClient.newHttpClient(), url));
      assertEquals(STREAM, post(client, url).body());
      assertEquals(2, rig.rows(2).size());
    }
  }

  private static RelayRig trusting(SecureProvider provider, Certificate certificate)
      throws Exception {
    return new RelayRig(provider.url(), "upstream.test.tls.trust", certificate.pem().toString());
  }

  private static void assertRefused(RelayRig rig, String code) throws Exception {
    HttpResponse<String> answer = post(HttpClient.newHttpClient(), rig.url());
    assertEquals(502, answer.statusCode());
    assertTrue(answer.body().contains("\"code\":\"" + code + "\""), answer.body());
    Map<String, Object> row = rig.row();
    assertEquals("unreachable", row.get("outcome"));
    assertEquals(code, row.get("error"));
  }

  private static HttpResponse<String> post(HttpClient client, String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
            .version(HttpClient.Version.HTTP_1_1)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** A provider behind TLS with one stream to give, event by event. */
  private static final class SecureProvider implements AutoCloseable {
    private final HttpsServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    SecureProvider(Certificate certificate) throws Exception {
      SSLContext tls = certificate.identity();
      server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
              for (String event : STREAM.split("(?<=\n\n)", -1)) {
                out.write(event.getBytes(UTF_8));
                out.flush();
              }
            }
          });
      server.start();
    }

    String url() {
      return "https://localhost:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
      threads.shutdownNow();
    }
  }
}
