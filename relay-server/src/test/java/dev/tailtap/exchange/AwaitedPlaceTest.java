package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.limits.RetryBudget;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A call whose first upstream is busy, whose second has failed, and for whose further try others
 * have all the places.
 */
class AwaitedPlaceTest {
  private static final Map<String, String> SEVERAL =
      Map.of(
          "upstream.other.url",
          "http://other.test:80",
          "upstream.other.dialect",
          "openai-chat",
          "route.sim.upstreams",
          "sim | other");

  /** As many as there are for one call. */
  private static final int PLACES = 3;

  private static final int SECOND = 4; // sweeps

  private final SimLedger ledger = new SimLedger();
  private final Stats stats = new Stats();
  private HandRelay relay;
  private HandClient client;
  private Exchange exchange;

  /** It has no connection for longer than one may take to be made. */
  @Test
  void noTimeOfAnUpstreamCountsWhileItWaits() throws Exception {
    start(
        Map.of(
            "upstream.sim.connect-timeout", "1s",
            "upstream.sim.head-timeout", "1s",
            "limits.request-stall", "1s",
            "route.sim.retry-within", "10s"));
    pass(8 * SECOND);
    assertEquals(1, retries().waiting());
    assertEquals(List.of(), client.told);
    assertEquals(1, relay.dialled.size());
  }

  @Test
  void goesOnWithTheFirstSweepAfterAPlaceIsFree() throws Exception {
    start(Map.of());
    pass(2 * SECOND);
    retries().leave();
    pass(1);
    assertEquals(0, retries().waiting());
    HandChannel other = relay.connect();
    callBack();
    assertTrue(new String(other.taken(), ISO_8859_1).contains("other.test"));
    say(other, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    callBack();
    assertEquals(List.of("head 200", "end", "closed", "over COMPLETED"), client.told);
    everythingIsBack(PLACES - 1);
  }

  @Test
  void waitsNoLongerThanItsRouteMayTryAgain() throws Exception {
    waitsFor(2, Map.of("route.sim.retry-within", "2s"));
  }

  @Test
  void waitsNoLongerThanTenSecondsOnAnyRoute() throws Exception {
    waitsFor(10, Map.of("route.sim.retry-within", "10m"));
  }

  /** Then it gets what the first has said. */
  private void waitsFor(int seconds, Map<String, String> settings) throws Exception {
    start(settings);
    pass(seconds * SECOND - 1);
    assertEquals(List.of(), client.told);
    pass(2);
    callBack();
    assertEquals("head 503", client.told.get(0));
    assertEquals("over UPSTREAM_ERROR", client.told.get(client.told.size() - 1));
    assertEquals(1, stats.value(Metric.UNARMED, "budget"));
    everythingIsBack(PLACES);
  }

  @Test
  void aClientThatLeavesWaitsNoLonger() throws Exception {
    start(Map.of());
    exchange.clientGone();
    assertEquals(1, ledger.rows.size(), "that of the first");
    everythingIsBack(PLACES);
  }

  @Test
  void theStopOfTheRelayEndsIt() throws Exception {
    start(Map.of());
    exchange.shutdown(true);
    everythingIsBack(PLACES);
  }

  @Test
  void itsTotalTimeGoesOn() throws Exception {
    start(Map.of("upstream.sim.total-timeout", "2s"));
    pass(2 * SECOND + 1);
    callBack();
    assertEquals(List.of("over TOTAL_TIMEOUT without a head"), client.told);
    everythingIsBack(PLACES);
  }

  private void everythingIsBack(int places) {
    callBack();
    assertEquals(0, retries().waiting());
    for (int i = 0; i < places; i++) {
      retries().leave();
    }
    for (int i = 0; i < PLACES; i++) {
      assertTrue(retries().enter(), "place " + i);
    }
    assertEquals(0, relay.admission.all().active());
    relay.admission.byUpstream().forEach((name, gauge) -> assertEquals(0, gauge.active(), name));
    assertEquals(0, relay.admission.replays().held());
    assertEquals(ledger.closed, ledger.reserved, "room for no more rows");
    assertEquals(0, relay.bufferBytes());
  }

  private RetryBudget retries() {
    return relay.admission.retries();
  }

  /** Its first try is over. */
  private void start(Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>(SEVERAL);
    all.putAll(settings);
    relay =
        new HandRelay(HandRelay.config(all), ledger, 0, stats, new TenantFingerprint(new byte[32]));
    relay.upstreams.get("other").health().availability().failed(false);
    for (int i = 0; i < PLACES; i++) {
      assertTrue(retries().enter());
    }
    client = new HandClient(relay.alloc);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/c/1");
    exchange = new Exchange(relay.resources, client, HandRequests.admit(relay, head));
    exchange.begin();
    exchange.requestBody(Unpooled.EMPTY_BUFFER, true);
    HandChannel first = relay.connect();
    callBack();
    say(first, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    assertEquals(1, retries().waiting());
    assertEquals(List.of(), client.told);
  }

  private void callBack() {
    while (ledger.waits()) {
      ledger.callBack(new Random(0));
      client.runTasks();
      relay.loop.runTasks();
    }
  }

  private void say(HandChannel upstream, String text) {
    upstream.arrive(text.getBytes(ISO_8859_1));
    upstream.read(4, 10_000);
    relay.loop.runTasks();
  }

  private void pass(int sweeps) {
    for (int i = 0; i < sweeps; i++) {
      relay.sweep();
    }
  }
}
