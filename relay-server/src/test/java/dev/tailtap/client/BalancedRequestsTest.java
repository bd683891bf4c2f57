package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Requests of several clients on the connections of a balancer that speaks HTTP. */
class BalancedRequestsTest {
  private static final String[] BALANCED = {
    "relay.trust", "127.0.0.0/8", "limits.streams-per-address", "1"
  };

  private final CountDownLatch done = new CountDownLatch(1);

  private Provider provider() throws Exception {
    return new Provider(
        (request, answer) -> {
          if (request.line().contains(" /v1/held")) {
            done.await();
          }
          answer.whole(200, "text/plain", "ok");
        });
  }

  private static RawClient ask(RawClient connection, String path, String... forwarded)
      throws Exception {
    StringBuilder head = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: relay\r\n");
    for (String value : forwarded) {
      head.append("X-Forwarded-For: ").append(value).append("\r\n");
    }
    return connection.send(head + "\r\n");
  }

  @Test
  @Rule(
      value = "The limit of an address follows the request, also on a connection that is kept",
      source = "docs/OPERATIONS.md")
  void theLimitFollowsTheRequest() throws Exception {
    try (Provider provider = provider();
        RelayRig rig = new RelayRig(provider.url(), BALANCED);
        RawClient first = rig.client();
        RawClient second = rig.client()) {
      assertEquals("ok", ask(first, "/v1/a", "192.0.2.1").answer().text());
      ask(first, "/v1/held", "192.0.2.1");
      provider.take();
      provider.take();
      assertEquals(429, ask(second, "/v1/b", "192.0.2.1").answer().status());
      assertEquals("ok", ask(second, "/v1/b", "192.0.2.2").answer().text());
      assertEquals(429, ask(second, "/v1/b", "192.0.2.2, 192.0.2.1, 127.0.0.3").answer().status());
      assertEquals(429, ask(second, "/v1/b", "192.0.2.2", "192.0.2.1").answer().status());
      assertEquals("ok", ask(second, "/v1/b", "192.0.2.1, 192.0.2.2").answer().text());
      assertEquals("ok", ask(second, "/v1/b").answer().text()); // for the balancer itself
      done.countDown();
      assertEquals("ok", first.answer().text());
      assertEquals("ok", ask(second, "/v1/b", "192.0.2.1").answer().text());
    }
  }

  @Test
  @Rule(
      value = "Requests sent ahead on one connection count for their own clients",
      source = "docs/OPERATIONS.md")
  void requestsSentAheadHaveTheirOwnClients() throws Exception {
    try (Provider provider = provider();
        RelayRig rig = new RelayRig(provider.url(), BALANCED);
        RawClient busy = rig.client();
        RawClient ahead = rig.client()) {
      ask(busy, "/v1/held", "192.0.2.1");
      provider.take();
      String head = " HTTP/1.1\r\nHost: relay\r\nX-Forwarded-For: ";
      ahead.send(
          "GET /v1/a"
              + head
              + "192.0.2.1\r\n\r\nGET /v1/b"
              + head
              + "192.0.2.2\r\n\r\nGET /v1/c"
              + head
              + "192.0.2.1\r\n\r\n");
      assertEquals(429, ahead.answer().status());
      assertEquals(200, ahead.answer().status());
      assertEquals(429, ahead.answer().status());
      done.countDown();
      assertEquals("ok", busy.answer().text());
    }
  }

  @Test
  @Rule(
      value = "X-Forwarded-For of a peer that is not trusted says nothing",
      source = "docs/OPERATIONS.md")
  void nobodyElseSaysWhoHeIs() throws Exception {
    for (String trust : new String[] {"", "192.0.2.0/24, ::1"}) {
      try (Provider provider = provider();
          RelayRig rig =
              new RelayRig(
                  provider.url(), "relay.trust", trust, "limits.streams-per-address", "1");
          RawClient first = rig.client();
          RawClient second = rig.client()) {
        ask(first, "/v1/held", "192.0.2.1");
        provider.take();
        assertEquals(429, ask(second, "/v1/b", "192.0.2.2").answer().status());
        first.reset();
      }
    }
  }

  @Test
  @Rule(
      value = "A balancer's own connections count for no address",
      source = "conf limits.connections-per-address")
  void aBalancerMayHaveAsManyConnectionsAsItLikes() throws Exception {
    try (Provider provider = provider();
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "relay.trust",
                "127.0.0.1",
                "limits.connections-per-address",
                "1",
                "limits.connections",
                "2");
        RawClient first = rig.client();
        RawClient second = rig.client()) {
      assertEquals("ok", ask(first, "/v1/a", "192.0.2.1").answer().text());
      assertEquals("ok", ask(second, "/v1/a", "192.0.2.1").answer().text());
      try (RawClient third = rig.client()) {
        assertTrue(third.awaitClose());
      }
      rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"connections\"} 1.0");
    }
  }

  @Test
  @Rule(
      value = "X-Forwarded-For goes on to the provider as it came, trusted or not",
      source = "docs/OPERATIONS.md")
  void goesOnAsItCame() throws Exception {
    for (String trust : new String[] {"", "127.0.0.1"}) {
      try (Provider provider = provider();
          RelayRig rig = new RelayRig(provider.url(), "relay.trust", trust);
          RawClient client = rig.client()) {
        assertEquals("ok", ask(client, "/v1/a", "unknown, 192.0.2.1").answer().text());
        assertEquals("unknown, 192.0.2.1", provider.take().field("x-forwarded-for"));
      }
    }
  }
}
