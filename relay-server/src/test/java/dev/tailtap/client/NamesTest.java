package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.NameServer;
import dev.tailtap.rig.NameServer.Manner;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Names of upstreams that are looked up slowly, late, in vain or not at all. */
class NamesTest {
  private static final int EVENTS = 20;

  private final CountDownLatch more = new CountDownLatch(1);
  private Provider provider;

  @BeforeEach
  void start() throws Exception {
    provider = new Provider(this::answer);
  }

  @AfterEach
  void stop() throws Exception {
    provider.close();
  }

  private void answer(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    if (!request.line().contains("/stream")) {
      answer.whole(200, "text/plain", "fine");
      return;
    }
    answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
    more.await();
    for (int i = 0; i < EVENTS; i++) {
      answer.chunk(ChatStream.CONTENT);
    }
    answer.lastChunk();
  }

  /** One loop, a route to a name that these servers know, and one to an address. */
  private RelayRig relay(List<NameServer> servers, String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "relay.loops",
                "1",
                "relay.name-servers",
                String.join(",", servers.stream().map(NameServer::address).toList()),
                "upstream.address.url",
                provider.url(),
                "route.address.path",
                "/stream",
                "route.address.upstream",
                "address"));
    all.addAll(Arrays.asList(settings));
    String url = "http://provider.test:" + provider.port();
    return new RelayRig(url, all.toArray(String[]::new));
  }

  private static void assertUnreachable(RelayRig rig, String error) throws Exception {
    Map<String, Object> row = rig.rowsUnder("/v1", 1).get(0);
    assertEquals("unreachable", row.get("outcome"));
    assertEquals(error, row.get("error"));
    rig.awaitMetric("tailtap_call_errors_total{error=\"" + error + "\"} 1.0");
    rig.awaitMetric("tailtap_streams_active{upstream=\"test\"} 0.0");
  }

  @Test
  @Rule(
      value = "A name that is not looked up in time is answered for with 504",
      source = "RFC 9110 section 15.6.5")
  void answers504WhereTheConnectTimeoutEndsBeforeTheLookup() throws Exception {
    try (NameServer mute = new NameServer(Manner.MUTE);
        NameServer muteToo = new NameServer(Manner.MUTE);
        NameServer tooLate = new NameServer(Manner.ANSWERING, "127.0.0.1");
        RelayRig rig =
            relay(List.of(mute, muteToo, tooLate), "upstream.test.connect-timeout", "100ms");
        RawClient client = rig.client()) {
      assertEquals(504, client.get("/v1/x").answer().status());
      assertUnreachable(rig, "upstream_connect_timeout");
      assertEquals(0, provider.connections());
    }
  }

  @Test
  @Rule(value = "A lookup holds up nobody else on its loop", source = "docs/DECISIONS.md")
  void letsOthersFlowWhileANameIsLookedUp() throws Exception {
    try (NameServer server = new NameServer(Manner.MUTE, "127.0.0.1");
        RelayRig rig = relay(List.of(server), "upstream.test.connect-timeout", "60s");
        RawClient other = rig.client();
        RawClient client = rig.client()) {
      RawClient.Answer stream = other.get("/stream").head();
      client.get("/v1/x");
      server.awaitQuestion();
      more.countDown(); // what comes from now on crosses the loop that waits for the name
      assertTrue(other.rest(stream).whole());
      server.answerAll();
      assertEquals("fine", client.answer().text());
    }
  }

  @Test
  @Rule(
      value = "Where no name server answers, the time ran out, however long it might have lasted",
      source = "RFC 9110 section 15.6.5")
  void answers504WhereTheLookupItselfGivesUp() throws Exception {
    try (NameServer server = new NameServer(Manner.MUTE);
        RelayRig rig = relay(List.of(server), "upstream.test.connect-timeout", "60s");
        RawClient client = rig.client()) {
      assertEquals(504, client.get("/v1/x").answer().status());
      assertUnreachable(rig, "upstream_connect_timeout");
    }
  }

  @Test
  @Rule(
      value = "An upstream whose name nobody knows is answered for with 502",
      source = "RFC 9110 section 15.6.3")
  void answers502WhereTheNameIsUnknownAndAsksAgainForTheNext() throws Exception {
    try (NameServer server = new NameServer(Manner.DENYING, "127.0.0.1");
        RelayRig rig = relay(List.of(server));
        RawClient client = rig.client()) {
      assertEquals(502, client.get("/v1/x").answer().status());
      assertUnreachable(rig, "upstream_unreachable");
      server.turn(Manner.ANSWERING);
      assertEquals("fine", client.get("/v1/x").answer().text());
    }
  }

  @Test
  @Rule(
      value = "A name server that says nothing leaves time to ask the next",
      source = "RFC 1035 section 4.2.1")
  void asksTheNextServerWhereTheFirstIsMute() throws Exception {
    try (NameServer mute = new NameServer(Manner.MUTE);
        NameServer server = new NameServer(Manner.ANSWERING, "127.0.0.1");
        RelayRig rig = relay(List.of(mute, server));
        RawClient client = rig.client()) {
      assertEquals("fine", client.get("/v1/x").answer().text());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A question that was lost on its way is asked once more",
      source = "RFC 1035 section 4.2.1")
  void asksOnceMoreWhereAnAnswerWasLost() throws Exception {
    try (NameServer server = new NameServer(Manner.MUTE, "127.0.0.1");
        RelayRig rig = relay(List.of(server));
        RawClient client = rig.client()) {
      client.get("/v1/x");
      server.awaitQuestion();
      server.turn(Manner.ANSWERING);
      assertEquals("fine", client.answer().text());
    }
  }

  @Test
  @Rule(value = "A request whose client has left is cancelled", source = "RFC 9112 section 9.5")
  void letsAClientGoThatLeavesDuringTheLookupAndDialsNobodyForIt() throws Exception {
    try (NameServer server = new NameServer(Manner.MUTE, "127.0.0.1");
        RelayRig rig = relay(List.of(server), "upstream.test.connect-timeout", "60s")) {
      try (RawClient client = rig.client()) {
        client.get("/v1/x");
        server.awaitQuestion();
      }
      assertEquals("client_gone", rig.row().get("outcome"));
      rig.awaitMetric("tailtap_streams_active{upstream=\"test\"} 0.0");
      server.answerAll();
      try (RawClient next = rig.client()) { // the only one for whom a connection is made
        assertEquals("fine", next.get("/v1/x").answer().text());
      }
      assertEquals(2, rig.rows(2).size());
      assertEquals(1, provider.connections());
    }
  }
}
