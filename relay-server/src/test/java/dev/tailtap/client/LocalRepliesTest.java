package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that reach no upstream: answered in the error shape, counted, and no row. */
class LocalRepliesTest {
  private static Provider provider;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    rig =
        new RelayRig(
            provider.url(),
            "route.test.path",
            "/v1",
            "limits.request-head",
            "1KiB",
            "limits.request-body",
            "100KiB");
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
    provider.close();
  }

  record Refusal(String request, int status, String code) {
    @Override
    public String toString() {
      return code + ": " + request.substring(0, Math.min(60, request.length())).strip();
    }
  }

  static Stream<Refusal> refusals() {
    String host = "Host: relay\r\n";
    String get = "GET /v1/x HTTP/1.1\r\n";
    return Stream.of(
        new Refusal("GET /other HTTP/1.1\r\n" + host + "\r\n", 404, "no_route"),
        new Refusal("GET /v1beta HTTP/1.1\r\n" + host + "\r\n", 404, "no_route"),
        new Refusal(get + "\r\n", 400, "bad_request"),
        new Refusal(get + host + host + "\r\n", 400, "bad_request"),
        new Refusal("GET /v1/x HTTP/2.0\r\n" + host + "\r\n", 505, "unknown_version"),
        new Refusal("GET /v1/\u00e9 HTTP/1.1\r\n" + host + "\r\n", 400, "bad_request"),
        new Refusal("CONNECT relay:80 HTTP/1.1\r\n" + host + "\r\n", 501, "method_not_served"),
        new Refusal(get + host + "Bad Name: x\r\n\r\n", 400, "bad_request"),
        new Refusal(
            get + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, "bad_request"),
        new Refusal(get + host + "Content-Length: -1\r\n\r\n", 400, "bad_request"),
        new Refusal(
            get + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "bad_request"),
        new Refusal(
            get + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"),
        new Refusal(get + host + "Connection: Authorization\r\n\r\n", 400, "bad_request"),
        new Refusal(get + host + "Expect: 200-maybe\r\n\r\n", 417, "bad_expectation"),
        new Refusal(
            "POST /v1/x HTTP/1.1\r\n" + host + "Content-Length: 102401\r\n\r\n",
            413,
            "body_too_large"),
        new Refusal(
            "GET /v1/" + "x".repeat(2000) + " HTTP/1.1\r\n" + host + "\r\n",
            414,
            "target_too_long"),
        new Refusal(get + host + "X: " + "x".repeat(2000) + "\r\n\r\n", 431, "head_too_large"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  @Rule(
      value =
          "A request that cannot be served is answered with the status of its kind, and reaches no upstream.",
      source = "RFC 9110 section 15.5")
  void isAnsweredInTheErrorShape(Refusal refusal) throws Exception {
    try (RawClient client = rig.client()) {
      RawClient.Answer answer = client.send(refusal.request()).answer();
      assertEquals(refusal.status(), answer.status(), answer.text());
      assertTrue(answer.text().contains("\"code\":\"" + refusal.code() + "\""), answer.text());
      assertTrue(answer.text().startsWith("{\"error\":{\"message\":\""), answer.text());
      assertFalse(provider.hasRequest());
      if (refusal.status() == 400) {
        assertTrue(client.awaitClose());
      }
    }
  }

  @Test
  @Rule(
      value = "A refusal that leaves no doubt about framing keeps the connection.",
      source = "RFC 9112 section 9.3")
  void keepsTheConnectionAfterARefusalThatLeavesNoDoubt() throws Exception {
    try (Provider own = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig other = new RelayRig(own.url(), "route.test.path", "/v1");
        RawClient client = other.client()) {
      assertEquals(404, client.get("/nowhere").answer().status());
      assertEquals(404, client.post("/nowhere", "{\"a\":1}").answer().status());
      assertEquals("ok", client.get("/v1/x").answer().text());
      assertEquals("/v1/x", other.row().get("path"));
      assertTrue(
          other
              .admin("/metrics")
              .contains("tailtap_requests_refused_total{reason=\"no_route\"} 2"));
    }
  }

  @Test
  @Rule(
      value = "A chunked body beyond the limit is answered with 413.",
      source = "RFC 9110 section 15.5.14")
  void refusesABodyThatGrowsTooLarge() throws Exception {
    try (Provider own = new Provider((request, answer) -> {});
        RelayRig other = new RelayRig(own.url(), "limits.request-body", "1KiB");
        RawClient client = other.client()) {
      client.send(
          "POST /v1/x HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n"
              + "x".repeat(0x401)
              + "\r\n");
      RawClient.Answer answer = client.answer();
      assertEquals(413, answer.status());
      assertEquals("refused", other.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "Too many exchanges are answered with 503 and Retry-After.",
      source = "RFC 9110 section 15.6.4")
  void refusesOneStreamMoreThanTheLimit() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (Provider own =
            new Provider(
                (request, answer) -> {
                  done.await();
                  answer.whole(200, "text/plain", "ok");
                });
        RelayRig other = new RelayRig(own.url(), "limits.streams", "1");
        RawClient first = other.client();
        RawClient second = other.client()) {
      first.get("/v1/a");
      own.take();
      RawClient.Answer refused = second.get("/v1/b").answer();
      assertEquals(503, refused.status());
      assertEquals("1", refused.fields().get("retry-after"));
      assertTrue(
          other.admin("/concurrency").startsWith("{\"active\":1,\"max\":1"),
          other.admin("/concurrency"));
      done.countDown();
      assertEquals("ok", first.answer().text());
      assertEquals("ok", second.get("/v1/b").answer().text());
      assertEquals(2, other.rows(2).size());
    }
  }
}
