package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a relay adds, takes away and answers itself between a client and an upstream. */
class ForwardingRulesTest {
  private static final String GET = "GET /v1/x HTTP/1.1\r\nHost: relay\r\n";
  private static final Provider.Script OK =
      (request, answer) -> answer.whole(200, "text/plain", "ok");

  private static Provider provider;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    provider = new Provider(OK);
    rig = new RelayRig(provider.url(), "relay.instance", "here");
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
    provider.close();
  }

  @Test
  @Rule(
      value = "A gateway adds itself to Via, behind what stands there, with the version received.",
      source = "RFC 9110 section 7.6.3")
  void addsItselfToViaBehindWhatClientsSent() throws Exception {
    send(GET + "Via: 1.0 first, 1.1 second (a proxy)\r\n\r\n");
    assertEquals(
        List.of("1.0 first, 1.1 second (a proxy)", "1.1 tailtap-here"),
        provider.take().fields().get("via"));
    send("GET /v1/x HTTP/1.0\r\n\r\n");
    assertEquals("1.0 tailtap-here", provider.take().field("via"));
  }

  @Test
  @Rule(
      value = "A request that carries this relay's own Via entry goes in a circle: 508.",
      source = "RFC 9110 section 7.6.3")
  void refusesARequestThatHasBeenHereBefore() throws Exception {
    for (String via :
        List.of(
            "1.1 tailtap-here", "1.0 a, 1.1 TAILTAP-HERE (x)", "1.1 a,1.1 tailtap-here,1.1 b")) {
      RawClient.Answer answer = send(GET + "Via: " + via + "\r\n\r\n");
      assertEquals(508, answer.status(), via);
      assertTrue(answer.text().contains("\"code\":\"loop\""), answer.text());
    }
    assertFalse(provider.hasRequest());
    rig.awaitMetric("tailtap_requests_refused_total{reason=\"loop\"} 3.0");
    assertEquals(200, send(GET + "Via: 1.1 tailtap-here2, 1.1 tailtap\r\n\r\n").status());
    provider.take();
  }

  @Test
  @Rule(
      value = "A relay that is its own upstream answers at the second pass, and never hangs.",
      source = "RFC 9110 section 7.6.3")
  void breaksACircleOfTwoRelays() throws Exception {
    try (Provider behind = new Provider(OK);
        RelayRig second = new RelayRig(behind.url());
        RelayRig first = new RelayRig(second.url());
        RawClient client = first.client()) {
      assertEquals(
          "ok", client.get("/v1/x").answer().text()); // two relays in a chain are no circle
      List<String> via = behind.take().fields().get("via");
      assertEquals(2, via.size());
      assertFalse(via.get(0).equals(via.get(1)));
      behind.answerWith(
          (request, answer) -> {
            try (RawClient back = first.client()) {
              String came = String.join(", ", request.fields().get("via"));
              back.send("GET /v1/y HTTP/1.1\r\nHost: r\r\nVia: " + came + "\r\n\r\n");
              answer.whole(back.answer().status(), "text/plain", "came back");
            }
          });
      assertEquals(508, client.get("/v1/x").answer().status());
    }
  }

  @Test
  @Rule(
      value = "The fields of a connection, and those that Connection lists, go no further.",
      source = "RFC 9110 section 7.6.1")
  void dropsTheFieldsOfTheConnection() throws Exception {
    send(
        GET
            + "Connection: X-Mine , x-other,,keep-alive\r\nX-Mine: 1\r\nx-OTHER: 2\r\nKeep-Alive: 5\r\n"
            + "Proxy-Connection: close\r\nTE: trailers\r\nTrailer: X\r\nX-Kept: a\r\nx-kept: b\r\n\r\n");
    Map<String, List<String>> seen = provider.take().fields();
    for (String name :
        List.of(
            "connection", "x-mine", "x-other", "keep-alive", "proxy-connection", "te", "trailer")) {
      assertNull(seen.get(name), name);
    }
    assertEquals(List.of("a", "b"), seen.get("x-kept"));
  }

  @Test
  @Rule(value = "TE goes no further, listed or not.", source = "RFC 9110 section 10.1.4")
  void neverForwardsTe() throws Exception {
    send(GET + "TE: trailers, deflate;q=0.5\r\n\r\n");
    send(GET + "Connection: TE\r\nTE: trailers\r\n\r\n");
    assertNull(provider.take().field("te"));
    assertNull(provider.take().field("te"));
  }

  @Test
  @Rule(value = "Upgrade is ignored.", source = "RFC 9110 section 7.8")
  void ignoresUpgrades() throws Exception {
    String upgrade =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n";
    assertEquals(200, send(GET + upgrade + "\r\n").status());
    Provider.Request seen = provider.take();
    assertNull(seen.field("upgrade"));
    assertNull(seen.field("http2-settings"));
  }

  @Test
  @Rule(
      value =
          "Authorization and what the relay does not know pass unchanged, and so does the target.",
      source = "RFC 9110 section 7.7")
  void leavesTheRestAlone() throws Exception {
    send(
        "GET /v1/a%2Fb;c=d//e?x=%20&y=a+b/../c HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer  k\r\n"
            + "X-Odd:\t v \u00e9 \r\n\r\n");
    Provider.Request seen = provider.take();
    assertEquals("GET /v1/a%2Fb;c=d//e?x=%20&y=a+b/../c HTTP/1.1", seen.line());
    assertEquals("Bearer  k", seen.field("authorization"));
    assertEquals("v \u00e9", seen.field("x-odd"));
  }

  @Test
  @Rule(
      value =
          "OPTIONS about no path, or with Max-Forwards 0, is answered here; else it counts down.",
      source = "RFC 9110 section 7.6.2")
  void countsMaxForwardsDown() throws Exception {
    for (String request :
        List.of(
            "OPTIONS * HTTP/1.1\r\nHost: relay\r\n\r\n",
            "OPTIONS http://relay HTTP/1.1\r\nHost: relay\r\n\r\n",
            "OPTIONS /v1/x HTTP/1.1\r\nHost: relay\r\nMax-Forwards: 0\r\n\r\n")) {
      RawClient.Answer answer = send(request);
      assertEquals(200, answer.status());
      assertEquals("0", answer.fields().get("content-length"));
    }
    assertFalse(provider.hasRequest());
    send("OPTIONS /v1/x HTTP/1.1\r\nHost: relay\r\nMax-Forwards: 5\r\n\r\n");
    assertEquals(List.of("4"), provider.take().fields().get("max-forwards"));
    send(GET + "Max-Forwards: 5\r\n\r\n");
    assertEquals("5", provider.take().field("max-forwards"));
    String twice = "Max-Forwards: 5\r\nMax-Forwards: 6\r\n\r\n";
    assertEquals(400, send("OPTIONS /v1/x HTTP/1.1\r\nHost: relay\r\n" + twice).status());
    String minus = "Max-Forwards: -1\r\n\r\n";
    assertEquals(400, send("OPTIONS /v1/x HTTP/1.1\r\nHost: relay\r\n" + minus).status());
  }

  @Test
  @Rule(
      value = "An expectation other than 100-continue is answered with 417.",
      source = "RFC 9110 section 10.1.1")
  void answers417ToOtherExpectations() throws Exception {
    assertEquals(417, send(GET + "Expect: 200-maybe\r\n\r\n").status());
    assertEquals(417, send(GET + "Expect: 100-continue\r\nExpect: more\r\n\r\n").status());
    assertFalse(provider.hasRequest());
  }

  @Test
  @Rule(value = "In HTTP/1.0 an expectation is ignored.", source = "RFC 9110 section 10.1.1")
  void ignoresExpectationsOfHttp10() throws Exception {
    String post = "POST /v1/x HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi";
    assertEquals(200, send(post).status());
    assertNull(provider.take().field("expect"));
  }

  @Test
  @Rule(
      value =
          "A refusal to who waits for an invitation ends the connection: its body may never come.",
      source = "RFC 9110 section 10.1.1")
  void closesAfterRefusingARequestThatWaitsForAnInvitation() throws Exception {
    try (RelayRig narrow = new RelayRig(provider.url(), "route.test.path", "/v1");
        RawClient client = narrow.client()) {
      client.send(
          "POST /no HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
      RawClient.Answer answer = client.answer();
      assertEquals(404, answer.status());
      assertEquals("close", answer.fields().get("connection"));
      assertTrue(client.awaitClose());
    }
  }

  @Test
  @Rule(
      value = "An HTTP/1.0 client gets no connection to keep, no chunks and no interim answers.",
      source = "RFC 9112 section 9.3")
  void treatsAnHttp10ClientAsOne() throws Exception {
    try (Provider own =
            new Provider(
                (request, answer) -> {
                  answer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
                  answer.chunkedHead("text/plain").chunk("he").chunk("llo").lastChunk();
                });
        RelayRig other = new RelayRig(own.url());
        RawClient client = other.client()) {
      client.send("GET /v1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      RawClient.Answer answer = client.answer();
      assertEquals(200, answer.status());
      assertNull(answer.fields().get("transfer-encoding"));
      assertEquals("close", answer.fields().get("connection"));
      assertEquals("hello", answer.text());
    }
  }

  @Test
  @Rule(
      value = "Several interim answers pass before the final one; a length in them does not.",
      source = "RFC 9110 section 15.2")
  void passesSeveralInterimAnswers() throws Exception {
    try (Provider own =
            new Provider(
                (request, answer) -> {
                  answer.send("HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n");
                  answer.send(
                      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: X\r\nX: y\r\n\r\n");
                  answer.whole(200, "text/plain", "ok");
                });
        RelayRig other = new RelayRig(own.url());
        RawClient client = other.client()) {
      client.get("/v1/x");
      assertEquals(Map.of(), client.head().fields());
      assertEquals(Map.of("link", "</x>"), client.head().fields());
      assertEquals("ok", client.answer().text());
    }
  }

  @Test
  @Rule(value = "Connection: close of a client is honoured.", source = "RFC 9112 section 9.6")
  void closesForAClientThatAsksForIt() throws Exception {
    try (RawClient client = rig.client()) {
      RawClient.Answer answer = client.send(GET + "Connection: foo, Close\r\n\r\n").answer();
      assertEquals("close", answer.fields().get("connection"));
      assertTrue(client.awaitClose());
      provider.take();
    }
  }

  private static RawClient.Answer send(String request) throws Exception {
    try (RawClient client = rig.client()) {
      return client.send(request).answer();
    }
  }
}
