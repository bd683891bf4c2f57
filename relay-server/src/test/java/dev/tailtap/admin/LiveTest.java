package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RawClient;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The live figures, as somebody who listens gets them. */
class LiveTest {
  private static final String LIVE = AdminPort.request("GET", "/live");

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
  void eachEventSaysAllThereIsToSay() throws Exception {
    port.stats.count(Metric.REQUESTS);
    port.stats.add(Metric.REFUSED, "no_route", 2);
    port.stats.add(Metric.CALLS, "completed", 5);
    port.stats.add(Metric.CALLS, "timed_out", 1);
    port.stats.add(Metric.CALLS, "client_gone", 2);
    port.stats.add(Metric.CALL_ERRORS, "upstream_idle_timeout", 1);
    port.stats.add(Metric.CALL_ERRORS, "client_gone", 2);
    port.stats.add(Label.TOKENS_INPUT, 70);
    port.stats.add(Label.TOKENS_OUTPUT, 30);
    RawClient client = client().send(LIVE);
    RawClient.Answer head = client.head();
    assertEquals(200, head.status());
    assertEquals("text/event-stream", head.fields().get("content-type"));
    assertEquals("no-store", head.fields().get("cache-control"));
    assertNull(head.fields().get("content-length"));
    String event = client.chunk();
    assertTrue(event.startsWith("data: {\"at\":\"2"), event);
    assertEquals(
        """
        Z","admitting":true,"reason":"ready",\
        "rows":{"database":"away","waiting":2,"oldest_ms":40,\
        "journal":{"bytes":8,"max_bytes":64,"free_bytes":100,"min_free_bytes":10}},\
        "streams":{"active":3,"max":10,"peak":5,"upstreams":{}},\
        "totals":{"requests":1,"refused":2,"calls":8,"errors":1,"client_gone":2,\
        "tokens":{"input":70,"cached":0,"cache_write":0,"output":30,"reasoning":0}},\
        "upstreams":[{"name":"one","state":"out","reason":"failures","until":"2026-01-01T00:00:10Z",\
        "streams":3,"keys":[]}]}

        """,
        event.substring(event.indexOf("Z\",")));
    port.readiness = Readiness.JOURNAL;
    while (!event.contains("\"admitting\":false,\"reason\":\"journal\"")) {
      event = client.chunk();
    }
  }

  @Test
  void anOlderClientGetsEventsWithoutFraming() throws Exception {
    RawClient client = client().send("GET /live HTTP/1.0\r\n\r\n");
    assertNull(client.head().fields().get("transfer-encoding"));
    assertEquals("data: {\"at\"", client.read(11));
  }

  @Test
  void headIsNoListener() throws Exception {
    RawClient client = client().send(AdminPort.request("HEAD", "/live"));
    assertEquals("text/event-stream", client.head().fields().get("content-type"));
    assertEquals("ok\n", client.send(AdminPort.request("GET", "/healthz")).answer().text());
    assertEquals(0, port.looks.get());
  }

  @Test
  void nothingIsMadeWhileNobodyListens() throws Exception {
    RawClient client = client().send(LIVE);
    client.head();
    client.chunk();
    client.chunk();
    client.leave();
    awaitSilence();
    RawClient next = client().send(LIVE);
    next.head();
    assertTrue(next.chunk().startsWith("data: "));
  }

  @Test
  void aThousandDashboardsAreTooMany() throws Exception {
    int listening = 0;
    for (int i = 0; i < 1000; i++) {
      RawClient client = client().send(LIVE);
      RawClient.Answer head = client.head();
      if (head.status() == 200) {
        listening++;
      } else {
        assertEquals(503, head.status());
        assertEquals("5", head.fields().get("retry-after"));
        assertTrue(client.rest(head).text().contains("\"code\":\"too_many_listeners\""));
      }
    }
    assertEquals(LiveFeed.MOST, listening);
    assertEquals(200, port.health());
    for (RawClient client : clients.subList(0, LiveFeed.MOST)) {
      assertTrue(client.chunk().startsWith("data: "), "who listens had to leave");
    }
    clients.get(0).leave();
    int status = 503;
    for (long end = System.nanoTime() + Patience.NANOS;
        status == 503 && System.nanoTime() < end; ) {
      status = client().send(LIVE).head().status();
    }
    assertEquals(200, status);
  }

  @Test
  void whoStopsReadingMissesEventsAndDelaysNobody() throws Exception {
    port.upstreams = AdminPort.upstreams(20_000); // megabytes, beyond what the kernel takes
    RawClient stuck = client().send(LIVE);
    stuck.head();
    port.upstreams = AdminPort.upstreams(1);
    int before = port.looks.get();
    RawClient other = client().send(LIVE);
    other.head();
    for (int i = 0; i < 30; i++) {
      assertTrue(other.chunk().startsWith("data: "));
    }
    assertEquals(200, port.health());
    assertTrue(port.looks.get() >= before + 30);
    int large = 0;
    String event = stuck.chunk();
    while (event.length() > 100_000) { // of before, and at most one that was under way
      large++;
      event = stuck.chunk();
    }
    assertTrue(large >= 1 && large <= 2, large + " large events");
    assertFalse(event.isEmpty());
  }

  @Test
  void whatAListenerSendsIsPassedOver() throws Exception {
    RawClient client = client().send(LIVE.repeat(20));
    client.head();
    for (int i = 0; i < 5; i++) {
      assertTrue(client.chunk().startsWith("data: "));
    }
  }

  private void awaitSilence() {
    long end = System.nanoTime() + Patience.NANOS;
    int before = -1;
    while (before != port.looks.get()) {
      assertTrue(System.nanoTime() < end, "figures are made for nobody");
      before = port.looks.get();
      LockSupport.parkNanos(10 * AdminPort.PERIOD.toNanos());
    }
  }

  private RawClient client() throws IOException {
    RawClient client = port.client();
    clients.add(client);
    return client;
  }
}
