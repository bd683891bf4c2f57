package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers of the admin port send, byte by byte, and what they get. */
class AdminCallersTest {
  private static final String HEALTH = AdminPort.request("GET", "/healthz");

  private final List<RawClient> clients = new ArrayList<>();
  private AdminPort port;

  @BeforeEach
  void open() throws IOException {
    port = new AdminPort("");
  }

  @AfterEach
  void close() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
    port.close();
  }

  @Test
  @Rule(
      value = "A thousand slow clients do not keep the admin port from answering others",
      source = "SECURITY.md")
  void aThousandSlowClientsDoNotKeepOthersOut() throws Exception {
    for (int i = 0; i < 1000; i++) {
      client().send(i % 2 == 0 ? "GET /hea" : "GET /healthz HTTP/1.1\r\nX: ");
      if (i % 100 == 99) {
        assertEquals(200, port.health());
      }
    }
    assertTrue(clients.get(0).awaitClose(), "the slowest of all is kept");
    assertEquals(200, port.health());
    RawClient last = client().send("GET /healthz HTTP/1.1\r\n");
    assertEquals(200, last.send("Host: localhost\r\n\r\n").answer().status());
  }

  @Test
  void whoTakesAnAnswerSlowlyKeepsNobodyOut() throws Exception {
    port.upstreams = AdminPort.upstreams(5_000); // more than the kernel takes
    List<RawClient> slow = new ArrayList<>();
    for (int i = 0; i < Callers.MOST + 10; i++) {
      slow.add(client().send(AdminPort.request("GET", "/upstreams")));
      if (i % 50 == 0) {
        assertEquals(200, port.health());
      }
    }
    assertEquals(200, port.health());
    RawClient last = slow.get(slow.size() - 1);
    assertTrue(last.answer().whole(), "who came last had to leave first");
  }

  @Test
  void aLargeAnswerComesWhole() throws Exception {
    port.upstreams = AdminPort.upstreams(5_000);
    RawClient client = client();
    for (int i = 0; i < 3; i++) {
      String text = client.send(AdminPort.request("GET", "/upstreams")).answer().text();
      assertEquals(5_000, text.split("\"failures\"", -1).length - 1);
    }
  }

  @Test
  void requestsThatAreSentAheadAreAnsweredInTheirOrder() throws Exception {
    RawClient client = client();
    CountDownLatch release = port.reads.hang();
    client.send(
        AdminPort.request("GET", "/records?limit=7")
            + HEALTH
            + AdminPort.request("HEAD", "/healthz")
            + AdminPort.request("POST", "/stats", "Content-Length: 2")
            + "{}"
            + AdminPort.request("GET", "/nothing")
            + HEALTH.repeat(500));
    port.reads.awaitReaders(1);
    release.countDown();
    assertTrue(client.answer().text().startsWith("{\"records\""));
    assertEquals("ok\n", client.answer().text());
    assertEquals("3", client.head().fields().get("content-length"));
    assertEquals(405, client.answer().status());
    assertEquals(404, client.answer().status());
    for (int i = 0; i < 500; i++) {
      assertEquals("ok\n", client.answer().text());
    }
    assertEquals(List.of("records 7 null"), port.reads.questions());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/metrics", "/stats", "/concurrency", "/", "/nothing"})
  void headIsGetWithoutTheBody(String path) throws Exception {
    RawClient client = client();
    RawClient.Answer head = client.send(AdminPort.request("HEAD", path)).head();
    RawClient.Answer get = client.send(AdminPort.request("GET", path)).answer();
    assertEquals(get.status(), head.status());
    assertEquals(get.fields().keySet(), head.fields().keySet());
    if (!path.equals("/metrics")) {
      assertEquals(get.fields().get("content-length"), head.fields().get("content-length"));
    }
  }

  @Test
  @Rule(value = "A request of any size takes bounded memory", source = "SECURITY.md")
  void whatIsTooLargeIsRefusedWithAReason() throws Exception {
    assertRefused(414, "target_too_long", "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n");
    assertRefused(431, "head_too_large", "GET / HTTP/1.1\r\nX: " + "x".repeat(40_000));
    assertRefused(431, "head_too_large", "GET / HTTP/1.1\r\n" + "X: y\r\n".repeat(9_000));
    assertRefused(
        405,
        "method_not_allowed",
        AdminPort.request("POST", "/stats", "Content-Length: 9000000") + "x".repeat(70_000));
    assertRefused(
        405,
        "method_not_allowed",
        AdminPort.request("POST", "/stats", "Transfer-Encoding: chunked")
            + "1\r\nx\r\n".repeat(70_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET /a|b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "POST /stats HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
        "POST /stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n",
      })
  void whatIsNoRequestIsA400(String bytes) throws Exception {
    RawClient.Answer answer = client().send(bytes).answer();
    assertEquals(400, answer.status());
    assertTrue(answer.text().contains("\"code\":\"bad_request\""), answer.text());
    assertEquals(200, port.health());
  }

  @Test
  void oneWhoWantsToLeaveIsLetGoAfterHisAnswer() throws Exception {
    RawClient last = client().send(AdminPort.request("GET", "/healthz", "Connection: close"));
    RawClient.Answer answer = last.answer();
    assertEquals("close", answer.fields().get("connection"));
    assertTrue(last.awaitClose());
    RawClient old = client().send("GET /healthz HTTP/1.0\r\n\r\n");
    assertEquals("ok\n", old.answer().text());
    assertTrue(old.awaitClose());
    RawClient stays = client();
    for (int i = 0; i < 2; i++) {
      stays.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      assertEquals("keep-alive", stays.answer().fields().get("connection"));
    }
  }

  @Test
  void whoAsksBeforeItSendsItsBodyIsToldAtOnce() throws Exception {
    RawClient client = client();
    client.send(
        AdminPort.request("POST", "/stats", "Content-Length: 9000000", "Expect: 100-continue"));
    assertEquals(405, client.answer().status());
    assertTrue(client.awaitClose());
  }

  @ParameterizedTest
  @CsvSource({
    "Host: rebound.example, 421",
    "Host: relay.internal, 200",
    "Host: RELAY.internal:9090, 200",
    "Host: other.internal, 421",
    "Host: [::1]:9090, 200",
    "Host: localhost.rebound.example, 421",
    "Host: 127.0.0.1:9090, 200",
  })
  void namesThatAreMeantAreSetOneByOne(String host, int status) throws Exception {
    try (AdminPort named = new AdminPort("", "relay.internal")) {
      assertEquals(status, named.get("/records", host).status());
      assertEquals(status, named.get("/live?x=1", host).status() == 421 ? 421 : 200);
      assertEquals(200, named.get("/readyz", host).status());
    }
  }

  @Test
  void theTargetsOwnHostCountsMoreThanTheField() throws Exception {
    assertEquals(421, port.get("http://rebound.example/records").status());
    assertEquals(200, port.get("http://localhost/records").status());
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-Fetch-Site: cross-site, 403",
    "Sec-Fetch-Site: same-site, 403",
    "Sec-Fetch-Site: same-origin, 200",
    "Sec-Fetch-Site: none, 200",
    "Origin: http://localhost, 200",
    "Origin: http://elsewhere.example, 403",
    "Origin: null, 403",
  })
  void aPageOfAnotherOriginMayNotAsk(String field, int status) throws Exception {
    assertEquals(status, port.get("/records", field).status());
    assertEquals(200, port.get("/healthz", field).status());
  }

  @Test
  void followingALinkFromElsewhereIsNoHarm() throws Exception {
    String[] link = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"};
    assertEquals(200, port.get("/", link).status());
  }

  @Test
  void aWrongTokenIsRefusedHoweverItIsWrong() throws Exception {
    try (AdminPort guarded = new AdminPort("s3cret")) {
      for (String sent :
          List.of("Bearer", "Bearer ", "bearer s3cret", "Basic s3cret", "Bearer s3cret2", "")) {
        assertEquals(401, guarded.get("/live", "Authorization: " + sent).status(), sent);
      }
      String large = "Authorization: Bearer " + "x".repeat(30_000);
      assertEquals(401, guarded.get("/stats", large).status());
      assertEquals(200, guarded.get("/stats", "Authorization: Bearer s3cret").status());
    }
  }

  @Test
  void aHangingDatabaseKeepsOnlyThoseWaitingWhoAskIt() throws Exception {
    CountDownLatch release = port.reads.hang();
    List<RawClient> asking = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      asking.add(client().send(AdminPort.request("GET", "/records")));
      for (String page : List.of("/healthz", "/metrics", "/upstreams", "/records?limit=0")) {
        assertEquals(page.endsWith("0") ? 400 : 200, port.get(page).status());
      }
    }
    int refused = 0;
    for (RawClient client : asking.subList(2, asking.size())) {
      RawClient.Answer answer = client.answer();
      assertEquals(503, answer.status());
      assertEquals("1", answer.fields().get("retry-after"));
      assertTrue(answer.text().contains("\"code\":\"busy\""), answer.text());
      refused++;
    }
    assertEquals(58, refused);
    assertEquals(2, port.reads.questions().size());
    release.countDown();
    assertEquals(200, asking.get(0).answer().status());
    assertEquals(200, asking.get(1).answer().status());
    assertEquals(200, port.get("/records").status());
  }

  @Test
  void aFewQuestionsMoreThanThreadsWaitForTheirTurn() throws Exception {
    CountDownLatch release = port.reads.hang();
    List<RawClient> asking = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      asking.add(client().send(AdminPort.request("GET", "/stats?by=model")));
    }
    port.reads.awaitReaders(2);
    release.countDown();
    for (RawClient client : asking) {
      int status = client.answer().status();
      assertTrue(status == 200 || status == 503, "503 on a machine that stands still");
    }
  }

  @Test
  void nobodyAsksForOneWhoHasLeft() throws Exception {
    CountDownLatch release = port.reads.hang();
    client().send(AdminPort.request("GET", "/records"));
    client().send(AdminPort.request("GET", "/records"));
    port.reads.awaitReaders(2);
    RawClient gone = client().send(AdminPort.request("GET", "/stats"));
    assertEquals(503, gone.answer().status());
    release.countDown();
    assertEquals(200, port.get("/records").status());
    assertFalse(port.reads.questions().toString().contains("stats"));
  }

  @Test
  void closingEndsWhateverIsUnderWay() throws Exception {
    CountDownLatch release = port.reads.hang();
    port.upstreams = AdminPort.upstreams(50_000);
    RawClient asking = client().send(AdminPort.request("GET", "/records"));
    RawClient slow = client().send("GET /");
    RawClient idle = client().send(HEALTH);
    idle.answer();
    RawClient listening = client().send(AdminPort.request("GET", "/live"));
    listening.head();
    RawClient taking = client().send(AdminPort.request("GET", "/upstreams"));
    taking.head();
    port.reads.awaitReaders(1);
    port.close();
    for (RawClient client : List.of(asking, slow, idle)) {
      assertTrue(client.awaitClose());
    }
    assertFalse(
        taking
            .rest(
                new RawClient.Answer(
                    200, java.util.Map.of("content-length", "999999999"), null, null, false))
            .whole());
    assertThrows(IOException.class, () -> drain(listening));
    assertThrows(ConnectException.class, () -> port.client().close());
    release.countDown();
  }

  private static void drain(RawClient client) throws IOException {
    while (!client.chunk().isEmpty()) {
      // until it breaks off
    }
  }

  private void assertRefused(int status, String code, String bytes) throws IOException {
    RawClient client = client();
    client.send(bytes);
    RawClient.Answer answer = client.answer();
    assertEquals(status, answer.status());
    assertTrue(answer.text().contains("\"code\":\"" + code + "\""), answer.text());
    assertEquals("close", answer.fields().get("connection"));
    assertTrue(client.awaitClose(), "a connection that cannot be read on is kept");
  }

  private RawClient client() throws IOException {
    RawClient client = port.client();
    clients.add(client);
    return client;
  }
}
